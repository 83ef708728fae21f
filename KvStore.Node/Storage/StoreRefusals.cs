using KvStore.Messages.Routing;

namespace KvStore.Node.Storage;

/// <summary>The refusals that both engines share: one sentence each, which names the setting and both values.</summary>
internal static class StoreRefusals
{
    public const string ConnectionStringSetting = "KvStore:Storage:ConnectionString";
    public const string ShardsSetting = "KvStore:Shards";

    public static StoreRefusedException ConnectionString(string fault, Exception? inner = null) =>
        new(ConnectionStringSetting, $"{ConnectionStringSetting}: {fault}", inner);

    /// <summary>A store keeps for ever what it was created with: every row holds its shard's number.</summary>
    public static void Check(StoreIdentity found, int shards)
    {
        if (found.SchemaVersion != StoreIdentity.CurrentSchemaVersion)
        {
            throw ConnectionString(
                $"the store has schema version {found.SchemaVersion} and this program works with version {StoreIdentity.CurrentSchemaVersion} only.");
        }

        if (found.HashName != ShardMap.HashName)
        {
            throw new StoreRefusedException(
                ShardsSetting,
                $"{ShardsSetting}: the store assigns keys to shards by the hash '{found.HashName}' and this program by '{ShardMap.HashName}'.");
        }

        if (found.Shards != shards)
        {
            throw new StoreRefusedException(
                ShardsSetting, $"{ShardsSetting} is {shards}, but the store was created with {found.Shards} shards, which never change.");
        }
    }
}

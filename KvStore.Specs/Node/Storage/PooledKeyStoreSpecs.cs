using KvStore.Specs.Contracts;
using KvStore.Specs.Support;

namespace KvStore.Specs.Node.Storage;

/// <summary>The whole contract again, with a pooler in transaction mode between the store and its server.</summary>
public sealed class PooledKeyStoreSpecs()
    : KeyStoreContract(new PostgresHarness(async database => (await PgBouncer.GetSharedAsync()).Through(database)));

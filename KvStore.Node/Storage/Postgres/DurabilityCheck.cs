namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Server settings without which an acknowledged write does not survive a failure of its machine. They can be changed while
/// the server runs, so each renewal looks again.
/// </summary>
internal static class DurabilityCheck
{
    /// <summary>The last one is the timeline: a standby that was promoted starts a new one, and may lack the latest writes.</summary>
    public const string Sql = """
        select current_setting('fsync'), current_setting('full_page_writes'), substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
        """;

    public static void Demand(string fsync, string fullPageWrites, bool allowUnsafe)
    {
        if (allowUnsafe)
        {
            return;
        }

        foreach (var (name, value) in new[] { ("fsync", fsync), ("full_page_writes", fullPageWrites) })
        {
            if (value != "on")
            {
                throw new StoreRefusedException(
                    name,
                    $"The PostgreSQL server runs with {name}={value}: acknowledged writes would be lost when its machine fails. "
                    + "Turn it on, or set KvStore:Storage:AllowUnsafeServerSettings.");
            }
        }
    }
}

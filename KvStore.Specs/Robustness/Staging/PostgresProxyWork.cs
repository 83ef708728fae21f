namespace KvStore.Specs.Robustness.Staging;

/// <summary>What a node asks of the server in one exchange: all that is sent up to one request for an answer.</summary>
internal enum PostgresWork
{
    /// <summary>What is none of the others, such as the schema's creation and a rollback.</summary>
    Other,

    /// <summary>The start of a connection.</summary>
    Connect,

    /// <summary>A request to cancel. A node never cancels a batch.</summary>
    Cancel,

    Commit,
    Collect,
    Acquire,
    Renew,
    Settle,
    Release,
    Register,
    Unregister,
    Forget,
    Load,
    Look,
    Page,
    BreakLock,
}

/// <summary>Tells from the first statement that is in no other exchange what an exchange is for.</summary>
internal static class PostgresProxyWork
{
    /// <summary>The longer beginning before the shorter one.</summary>
    private static readonly (string Beginning, PostgresWork Work)[] Beginnings =
    [
        ("insert into kv ", PostgresWork.Commit),
        ("delete from kv ", PostgresWork.Collect),
        ("update shard_lease set holder = null", PostgresWork.Unregister),
        ("update shard_lease set holder", PostgresWork.Acquire),
        ("update shard_lease set epoch", PostgresWork.Settle),
        ("update shard_lease l set holder = null", PostgresWork.Release),
        ("update node set counter", PostgresWork.Renew),
        ("insert into node ", PostgresWork.Register),
        ("delete from node ", PostgresWork.Forget),
        ("select pg_is_in_recovery(), k.version", PostgresWork.Load),
        ("select turn, key", PostgresWork.Page),
        ("select a.turn, page.key", PostgresWork.Page),
        ("select count(*) filter (where pg_terminate_backend", PostgresWork.BreakLock),
        ("select l.shard, l.epoch, l.holder, n.", PostgresWork.Look),
    ];

    /// <summary>Null where the statement does not tell.</summary>
    public static PostgresWork? Of(string sql)
    {
        foreach (var (beginning, work) in Beginnings)
        {
            if (sql.StartsWith(beginning, StringComparison.Ordinal))
            {
                return work;
            }
        }

        return null;
    }
}

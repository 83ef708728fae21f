using KvStore.Specs.Robustness.Staging;
using KvStore.Specs.Support;

namespace KvStore.Specs.Bench;

/// <summary>The smoke runs that all specs of the bench look at: one node on SQLite in every scenario, others in few.</summary>
public sealed class BenchSmoke
{
    public const string Failover = "failover";

    private static readonly string[] OnPostgres = ["put-existing", Failover];

    private readonly Lazy<Task<BenchFigures>> _onSqlite = new(() => BenchProgram.CompareAsync(Scenarios.Except([Failover]), ["bare", "sqlite"]));
    private readonly Lazy<Task<BenchFigures>> _onPostgres = new(() => BenchProgram.CompareAsync(OnPostgres, ["postgres", "three"]));

    /// <summary>Those that <c>list</c> lists.</summary>
    public static readonly string[] Scenarios =
    [
        "get-hot", "get-uniform-100k", "mix-90-10", "put-existing", "hot-key-put", "patch", "guarded-increment", "rate-70", "listing-1m",
        "put-large-store", "put-uniform-10m", "get-uniform-10m", "put-new", "get-http2", "put-http2", "value-1k", "value-64k", "cold-start",
        "key-actor-memory", Failover,
    ];

    /// <summary>One build with two settings.</summary>
    internal static Task<BenchFigures> AgainstAsync()
    {
        RequireTool("wrk");
        return BenchProgram.CompareAsync(["get-hot"], ["bare", "sqlite"], "--set-against", "KvStore__Limits__KeyIdleTimeout=00:01:00");
    }

    internal Task<BenchFigures> OnSqliteAsync()
    {
        RequireTool("wrk");
        RequireTool("h2load");
        return _onSqlite.Value;
    }

    internal Task<BenchFigures> OnPostgresAsync()
    {
        RequireTool("wrk");
        if (PostgresBinaries.Directory is null)
        {
            Requirements.Skip("no PostgreSQL of version 15 or newer is installed.");
        }

        return _onPostgres.Value;
    }

    private static void RequireTool(string program)
    {
        if (Tool.Find(program) is null)
        {
            Requirements.Skip($"the bench needs the program {program}.");
        }
    }
}

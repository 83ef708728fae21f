using System.Globalization;
using KvStore.Specs.Support;
using Npgsql;

namespace KvStore.Specs.Robustness.Faults;

/// <summary>Again and again the database drops the connections on which something is under way just then, such as a commit.</summary>
internal sealed class BreakConnections : DatabaseFault
{
    private static readonly TimeSpan ShortestRest = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestRest = TimeSpan.FromMilliseconds(500);

    public BreakConnections()
        : base("break connections in the middle of commits")
    {
    }

    protected override async Task HappenAsync(Episode episode, PostgresServer server)
    {
        await using var connection = new NpgsqlConnection(episode.Stage.Storage.DirectConnectionString);
        await connection.OpenAsync(episode.Cancel);
        await using var breakAll = new NpgsqlCommand(
            """
            select count(pg_terminate_backend(pid)) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
            """,
            connection);
        var (broken, end) = (0L, episode.History.Now + (long)episode.Lasting.TotalMicroseconds);
        while (episode.History.Now < end)
        {
            broken += Convert.ToInt64(await breakAll.ExecuteScalarAsync(episode.Cancel), CultureInfo.InvariantCulture);
            await Task.Delay(episode.Between(ShortestRest, LongestRest), episode.Cancel);
        }

        episode.Note($"broke {broken} connections");
    }
}

using System.Collections.Concurrent;
using System.Data.Common;
using KvStore.Node.Config;
using KvStore.Specs.Robustness.History;
using KvStore.Specs.Robustness.Verdict;
using KvStore.Specs.Support;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace KvStore.Specs.Robustness.Runs;

/// <summary>
/// Learns of every change of a shard's holder, none left out: a trigger in the store itself notes them, and this reads the
/// notes. When a change happened is known as far as the readings tell: after the last one that did not show it, and before
/// the first one that does. No clock but the run's is asked, since those of node and database may be stepped.
/// </summary>
internal sealed class LeaseRecorder : IAsyncDisposable
{
    private const string PostgresTrigger = """
        create table lease_log (id bigserial primary key, shard int not null, epoch bigint not null, holder text);
        create function lease_log_add() returns trigger language plpgsql as $$
        begin
            insert into lease_log (shard, epoch, holder)
            values (new.shard, new.epoch, coalesce((select name from node where node_id = new.holder), new.holder));
            return null;
        end $$;
        create trigger lease_log_add after update on shard_lease for each row execute function lease_log_add();
        """;

    private const string SqliteTrigger = """
        create table lease_log (id integer primary key autoincrement, shard integer not null, epoch integer not null, holder text) strict;
        create trigger lease_log_add after update on shard_lease for each row
        begin
            insert into lease_log (shard, epoch, holder)
            values (new.shard, new.epoch, coalesce((select name from node where node_id = new.holder), new.holder));
        end;
        """;

    private const string FirstNotes = """
        insert into lease_log (shard, epoch, holder)
        select l.shard, l.epoch, coalesce((select name from node where node_id = l.holder), l.holder) from shard_lease l;
        """;

    /// <summary>Numbers are given before the commit, so that a lower one may become visible after a higher one.</summary>
    private const int MaxOvertaking = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentQueue<LeaseChange> _changes = new();
    private readonly HashSet<long> _seen = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<DbConnection> _connect;
    private readonly RunHistory _history;
    private DbConnection? _connection;
    private long _lastReading;
    private long _highest;
    private Task _loop = Task.CompletedTask;

    private LeaseRecorder(Func<DbConnection> connect, RunHistory history) => (_connect, _history) = (connect, history);

    public IReadOnlyCollection<LeaseChange> Changes => _changes;

    /// <summary>Begins with who holds what now. The store must have its tables.</summary>
    /// <param name="connectionString">One that no fault stands in the way of.</param>
    public static async Task<LeaseRecorder> StartAsync(StorageProvider provider, string connectionString, RunHistory history)
    {
        var isPostgres = provider == StorageProvider.Postgres;
        Func<DbConnection> connect = isPostgres
            ? () => new NpgsqlConnection(connectionString + ";Command Timeout=5")
            : () => new SqliteConnection(connectionString + ";Default Timeout=5");
        await using (var connection = connect())
        {
            await connection.OpenAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = (isPostgres ? PostgresTrigger : SqliteTrigger) + FirstNotes;
            await command.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }

        var recorder = new LeaseRecorder(connect, history);
        await recorder.ReadAsync();
        recorder._loop = Task.Run(recorder.RunAsync);
        return recorder;
    }

    /// <summary>Waits until nothing is missing that happened before. The store must answer within <paramref name="within"/>.</summary>
    public Task CatchUpAsync(TimeSpan within)
    {
        var now = _history.Now;
        return Eventually.HoldsAsync("the changes of leases are read", within, () => Volatile.Read(ref _lastReading) >= now);
    }

    /// <summary>Reads once more, so that nothing is missing that happened before, and ends.</summary>
    /// <exception cref="DbException">The store does not answer.</exception>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        await ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        await CloseAsync();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Delay(Interval, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await ReadAsync();
            }
            catch (Exception e) when (e is DbException or IOException or TimeoutException or InvalidOperationException)
            {
                // The database is down, which is what it may be here; the next reading has it all.
                await CloseAsync();
            }
        }
    }

    private async Task ReadAsync()
    {
        var start = _history.Now;
        if (_connection is null)
        {
            _connection = _connect();
            await _connection.OpenAsync();
        }

        await using var command = _connection.CreateCommand();
        command.CommandText = $"select id, shard, epoch, holder from lease_log where id > {Math.Max(0, _highest - MaxOvertaking)} order by id";
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<(long Id, int Shard, long Epoch, string? Holder)>();
        while (await rows.ReadAsync())
        {
            found.Add((rows.GetInt64(0), rows.GetInt32(1), rows.GetInt64(2), rows.IsDBNull(3) ? null : rows.GetString(3)));
        }

        var end = _history.Now;
        foreach (var row in found.Where(row => _seen.Add(row.Id)))
        {
            _changes.Enqueue(new LeaseChange(row.Shard, row.Epoch, row.Holder, _lastReading, end));
            _highest = Math.Max(_highest, row.Id);
        }

        Volatile.Write(ref _lastReading, start);
    }

    private async Task CloseAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
            _connection = null;
        }
    }
}

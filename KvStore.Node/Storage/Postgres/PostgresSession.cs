using System.Data;
using System.Net.Sockets;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// One connection of our own that runs one batch at a time and never cancels any. A batch that does not end in time is left
/// to itself, together with its connection, and the next one gets a new connection: a cancellation could hit between a
/// commit and its answer, or, behind a pooler, somebody else's batch.
/// </summary>
internal sealed class PostgresSession(NpgsqlDataSource unpooled, string name, AbandonedConnections abandoned, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);
    private NpgsqlConnection? _connection;
    private Opening? _opening;
    private PostgresNotice? _warning;

    /// <summary>A hint only.</summary>
    public bool IsFree => _free.CurrentCount > 0;

    /// <summary>Runs <paramref name="work"/>, which must send a whole transaction, and be sure to commit it, in one batch, and may ask after that.</summary>
    /// <exception cref="PostgresNotReached">Nothing was sent.</exception>
    /// <exception cref="PostgresSilent">It was sent, and there is no answer yet.</exception>
    /// <exception cref="PostgresConnectionLost">It may have been sent, and there will be no answer.</exception>
    /// <exception cref="PostgresWarned">The server says that it committed, but with a warning.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, TimeSpan bound)
    {
        var start = time.GetTimestamp();
        // With Keepalive Npgsql may be waiting for the server just now, and keeps who begins a command waiting with it.
        await SocketCompletions.LeaveAsync().ConfigureAwait(false);
        if (!await _free.WaitAsync(bound).ConfigureAwait(false))
        {
            throw new PostgresNotReached($"the connection for {name} was busy for {bound.TotalMilliseconds:F0} ms");
        }

        try
        {
            if (_connection is { State: not ConnectionState.Open } dead)
            {
                // With Keepalive Npgsql notices the end of a connection that nobody uses.
                _connection = null;
                abandoned.CloseAfter(Task.CompletedTask, dead);
            }

            var connection = _connection ??= await ConnectAsync(bound - time.GetElapsedTime(start)).ConfigureAwait(false);
            _warning = null;
            var running = work(connection);
            try
            {
                var left = bound - time.GetElapsedTime(start);
                var result = await running.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time).ConfigureAwait(false);
                return _warning is null ? result : throw new PostgresWarned(_warning);
            }
            catch (Exception failure)
            {
                var wasLost = connection.State != ConnectionState.Open;
                await RecoverAsync(connection, running, failure).ConfigureAwait(false);
                if (failure is TimeoutException)
                {
                    throw new PostgresSilent(name, bound);
                }

                if (failure is InvalidOperationException && wasLost)
                {
                    // What Npgsql says of a connection that it gave up just before or in the middle of the batch.
                    throw new PostgresConnectionLost(name, failure);
                }

                throw;
            }
        }
        finally
        {
            _free.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (await _free.WaitAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false))
        {
            if (_connection is not null)
            {
                abandoned.CloseAfter(Task.CompletedTask, _connection);
                _connection = null;
            }

            if (_opening is not null)
            {
                abandoned.CloseOnceOpened(_opening.Connection);
                _opening = null;
            }

            _free.Release();
        }
    }

    /// <summary>What is not there in time goes on being opened, for the next who wants it.</summary>
    private async Task<NpgsqlConnection> ConnectAsync(TimeSpan bound)
    {
        if (_opening is { } former
            && (former.Connection is { IsCompleted: true, IsCompletedSuccessfully: false }
                || time.GetElapsedTime(former.Since) > PostgresServers.OpeningPatience))
        {
            // What became of it while nobody waited is no answer to who comes now.
            _opening = null;
            abandoned.CloseOnceOpened(former.Connection);
        }

        if (_opening is null && abandoned.IsFull)
        {
            throw new PostgresNotReached($"{AbandonedConnections.Most} connections like that for {name} still run what was given up");
        }

        // The pool's own time-out ends it too; that does not reach the check that a new connection begins with.
        var opening = _opening ??= new Opening(unpooled.OpenConnectionAsync().AsTask(), time.GetTimestamp());
        try
        {
            var connection = await opening.Connection.WaitAsync(bound > TimeSpan.Zero ? bound : TimeSpan.Zero, time).ConfigureAwait(false);
            _opening = null;
            connection.Notice += (_, notice) => Note(notice.Notice);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException or StoreUnavailableException
            or SocketException or IOException or InvalidOperationException)
        {
            if (opening.Connection.IsCompleted)
            {
                _opening = null;
            }

            throw new PostgresNotReached($"no connection for {name}: {e.Message}", e);
        }
    }

    private void Note(PostgresNotice notice)
    {
        if (notice.InvariantSeverity == "WARNING")
        {
            _warning = notice;
        }
    }

    /// <summary>An error before the commit leaves a transaction to roll back; after anything else the connection is given up.</summary>
    private async Task RecoverAsync(NpgsqlConnection connection, Task running, Exception failure)
    {
        if (failure is PostgresException { InvariantSeverity: "ERROR" } error && !PostgresCommits.TellsOfLostServer(error) && running.IsCompleted)
        {
            try
            {
                await using var rollback = new NpgsqlCommand("rollback", connection);
                await rollback.ExecuteNonQueryAsync().WaitAsync(TimeSpan.FromSeconds(1), time).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException)
            {
                // The server rolls back when the connection ends.
            }
        }

        _connection = null;
        abandoned.CloseAfter(running, connection);
    }

    private sealed record Opening(Task<NpgsqlConnection> Connection, long Since);
}

/// <summary>Nothing was sent to the server.</summary>
internal sealed class PostgresNotReached(string detail, Exception? inner = null) : Exception($"PostgreSQL was not reached: {detail}.", inner);

/// <summary>A batch was sent and may end at any time, in any way.</summary>
internal sealed class PostgresSilent(string name, TimeSpan bound)
    : Exception($"PostgreSQL did not answer a batch for {name} within {bound.TotalMilliseconds:F0} ms.");

/// <summary>The connection went, and with it the answer.</summary>
internal sealed class PostgresConnectionLost(string name, Exception inner) : Exception($"The connection for {name} was lost: {inner.Message}", inner);

/// <summary>A warning came along with a batch: at a commit it means that a standby may not have it.</summary>
internal sealed class PostgresWarned(PostgresNotice notice)
    : Exception($"PostgreSQL warned during a batch: {notice.MessageText} ({notice.SqlState}).");

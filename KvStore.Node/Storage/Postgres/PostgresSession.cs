using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// One connection of our own that runs one batch at a time and never cancels any. A batch that does not end in time is left
/// to itself, together with its connection, and the next one gets a new connection: a cancellation could hit between a
/// commit and its answer, or, behind a pooler, somebody else's batch.
/// </summary>
internal sealed class PostgresSession(NpgsqlDataSource unpooled, string name, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(1, 1);
    private NpgsqlConnection? _connection;
    private PostgresNotice? _warning;

    /// <summary>A hint only.</summary>
    public bool IsFree => _free.CurrentCount > 0;

    /// <summary>Runs <paramref name="work"/>, which must send a whole transaction, and be sure to commit it, in one batch.</summary>
    /// <exception cref="PostgresNotReached">Nothing was sent.</exception>
    /// <exception cref="PostgresSilent">It was sent, and there is no answer yet.</exception>
    /// <exception cref="PostgresWarned">The server says that it committed, but with a warning.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, TimeSpan bound)
    {
        var start = time.GetTimestamp();
        if (!await _free.WaitAsync(bound).ConfigureAwait(false))
        {
            throw new PostgresNotReached($"the connection for {name} was busy for {bound.TotalMilliseconds:F0} ms");
        }

        try
        {
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
                await RecoverAsync(connection, running, failure).ConfigureAwait(false);
                if (failure is TimeoutException)
                {
                    throw new PostgresSilent(name, bound);
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
            Drop(_connection, Task.CompletedTask);
            _connection = null;
            _free.Release();
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync(TimeSpan bound)
    {
        using var patience = new CancellationTokenSource(bound > TimeSpan.Zero ? bound : TimeSpan.Zero, time);
        try
        {
            var connection = await unpooled.OpenConnectionAsync(patience.Token).ConfigureAwait(false);
            connection.Notice += (_, notice) => Note(notice.Notice);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException or StoreUnavailableException)
        {
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
        if (failure is PostgresException { InvariantSeverity: "ERROR" } && running.IsCompleted)
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
        Drop(connection, running);
    }

    /// <summary>Closes a connection in the background, once what runs on it has ended.</summary>
    private static void Drop(NpgsqlConnection? connection, Task running) => _ = running.ContinueWith(
        async ended =>
        {
            _ = ended.Exception;
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
        },
        TaskScheduler.Default);
}

/// <summary>Nothing was sent to the server.</summary>
internal sealed class PostgresNotReached(string detail, Exception? inner = null) : Exception($"PostgreSQL was not reached: {detail}.", inner);

/// <summary>A batch was sent and may end at any time, in any way.</summary>
internal sealed class PostgresSilent(string name, TimeSpan bound)
    : Exception($"PostgreSQL did not answer a batch for {name} within {bound.TotalMilliseconds:F0} ms.");

/// <summary>A warning came along with a batch: at a commit it means that a standby may not have it.</summary>
internal sealed class PostgresWarned(PostgresNotice notice)
    : Exception($"PostgreSQL warned during a batch: {notice.MessageText} ({notice.SqlState}).");

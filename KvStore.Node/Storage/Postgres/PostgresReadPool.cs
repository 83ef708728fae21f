using System.Net.Sockets;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Lends the connections of a pool to reads, never to more than it has. Who waited for one and then opens it needs more time than is
/// left of that wait: a server under load to which everybody comes anew as often as a read is given up would never get one ready, and
/// would be kept from all else. So a connection goes on being opened, for whoever comes next.
/// </summary>
/// <param name="size">No more than the pool has, so that nobody waits for one in there.</param>
/// <param name="patience">The longest wait for a connection.</param>
internal sealed class PostgresReadPool(NpgsqlDataSource pool, int size, TimeSpan patience, TimeProvider time) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(size, size);

    /// <summary>Why the last one could not be opened, which nobody may have waited to hear. Null: it could.</summary>
    private volatile Exception? _fault;

    /// <exception cref="PostgresNotReached">None came in time.</exception>
    /// <exception cref="NpgsqlException">The server, or the way to it, refused.</exception>
    /// <exception cref="StoreUnavailableException">The server is a standby.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/>.</exception>
    public async ValueTask<Loan> LendAsync(CancellationToken cancellation = default)
    {
        var start = time.GetTimestamp();
        if (!await _free.WaitAsync(patience, cancellation).ConfigureAwait(false))
        {
            throw NotReached($"all {size} connections for reads were busy or being opened");
        }

        // It is bounded by the pool's own time-out, not by this wait.
        var opening = pool.OpenConnectionAsync(CancellationToken.None).AsTask();
        try
        {
            var left = patience - time.GetElapsedTime(start);
            var connection = await opening.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellation).ConfigureAwait(false);
            _fault = null;
            return new Loan(connection, _free);
        }
        catch (Exception failure)
        {
            var hasEnded = opening.IsCompleted;
            _ = ReturnOnceOpenedAsync(opening);
            if (failure is TimeoutException && !hasEnded)
            {
                throw NotReached("no connection for reads came");
            }

            throw;
        }
    }

    public ValueTask DisposeAsync() => pool.DisposeAsync();

    private PostgresNotReached NotReached(string what)
    {
        var fault = _fault;
        var why = fault is null ? "" : $"; the last that was tried: {fault.Message}";
        return new PostgresNotReached($"{what} for {patience.TotalMilliseconds:F0} ms{why}", fault);
    }

    private async Task ReturnOnceOpenedAsync(Task<NpgsqlConnection> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _fault = opening.Exception?.InnerException;
        if (!opening.IsCompletedSuccessfully)
        {
            _free.Release();
            return;
        }

        try
        {
            await new Loan(opening.Result, _free).DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or SocketException)
        {
            // It is gone in any case.
        }
    }

    /// <summary>One connection, until it is disposed of: then it is the pool's again.</summary>
    internal sealed class Loan(NpgsqlConnection connection, SemaphoreSlim free) : IAsyncDisposable
    {
        private int _isOver;

        public NpgsqlConnection Connection => connection;

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _isOver, 1) != 0)
            {
                return;
            }

            try
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }
            finally
            {
                free.Release();
            }
        }
    }
}

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

    /// <exception cref="PostgresNotReached">None came in time.</exception>
    /// <exception cref="NpgsqlException">The server, or the way to it, refused.</exception>
    public async ValueTask<Loan> LendAsync(CancellationToken cancellation = default)
    {
        var start = time.GetTimestamp();
        if (!await _free.WaitAsync(patience, cancellation).ConfigureAwait(false))
        {
            throw new PostgresNotReached($"all {size} connections for reads were busy for {patience.TotalMilliseconds:F0} ms");
        }

        // Its own bound is that of the pool.
        var opening = pool.OpenConnectionAsync(CancellationToken.None).AsTask();
        try
        {
            var left = patience - time.GetElapsedTime(start);
            return new Loan(await opening.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellation).ConfigureAwait(false), _free);
        }
        catch (Exception failure)
        {
            var wasWaitedFor = opening.IsCompleted;
            _ = ReturnOnceOpenedAsync(opening);
            if (failure is TimeoutException && !wasWaitedFor)
            {
                throw new PostgresNotReached($"no connection for reads within {patience.TotalMilliseconds:F0} ms", failure);
            }

            throw;
        }
    }

    public ValueTask DisposeAsync() => pool.DisposeAsync();

    private async Task ReturnOnceOpenedAsync(Task<NpgsqlConnection> opening)
    {
        await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (opening.IsCompletedSuccessfully)
        {
            await new Loan(opening.Result, _free).DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            _free.Release();
        }
    }

    /// <summary>One connection, until it is disposed of: then it is the pool's again.</summary>
    internal readonly struct Loan(NpgsqlConnection connection, SemaphoreSlim free) : IAsyncDisposable
    {
        public NpgsqlConnection Connection => connection;

        public async ValueTask DisposeAsync()
        {
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

using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>
/// Connections that were given up and not yet closed, of one kind of session. While a server hangs each try leaves one
/// behind, and without a bound they would end up as all the connections that it takes.
/// </summary>
internal sealed class AbandonedConnections
{
    public const int Most = 4;

    private int _count;

    /// <summary>Whether no more may be opened for now.</summary>
    public bool IsFull => Volatile.Read(ref _count) >= Most;

    /// <summary>Closes a connection in the background, once what runs on it has ended.</summary>
    public void CloseAfter(Task running, NpgsqlConnection connection) => _ = CloseAsync(running, () => connection);

    /// <summary>Closes a connection that comes too late, or never.</summary>
    public void CloseOnceOpened(Task<NpgsqlConnection> opening) =>
        _ = CloseAsync(opening, () => opening.IsCompletedSuccessfully ? opening.Result : null);

    private async Task CloseAsync(Task running, Func<NpgsqlConnection?> connection)
    {
        Interlocked.Increment(ref _count);
        try
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _ = running.Exception;
            if (connection() is { } ended)
            {
                await ended.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // It is gone in any case.
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }
}

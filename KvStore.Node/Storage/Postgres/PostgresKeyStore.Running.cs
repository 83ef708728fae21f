using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace KvStore.Node.Storage.Postgres;

/// <summary>How the store runs its work on its connections, and what it makes of their errors.</summary>
public sealed partial class PostgresKeyStore
{
    private static bool IsOfStore(Exception e) =>
        e is NpgsqlException or PostgresNotReached or PostgresSilent or PostgresConnectionLost or PostgresWarned or PostgresCommitFailed
            or SocketException or IOException or TimeoutException or OperationCanceledException
            // "Connection is not open": it went between two statements.
            or InvalidOperationException { Source: nameof(Npgsql) };

    private static StoreUnavailableException Unavailable(string doing, Exception cause) => new($"The store failed to {doing}: {cause.Message}", cause);

    private static async Task<T> ReadAsync<T>(string doing, Func<Task<T>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException && IsOfStore(e))
        {
            throw Unavailable(doing, e);
        }
    }

    private static async Task<T> RunAsync<T>(PostgresSession session, string doing, Func<NpgsqlConnection, Task<T>> work, TimeSpan bound)
    {
        try
        {
            return await session.RunAsync(work, bound).ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfStore(e))
        {
            throw Unavailable(doing, e);
        }
    }

    private Task<T> RunAsync<T>(PostgresSession session, string doing, Func<NpgsqlConnection, Task<T>> work) =>
        RunAsync(session, doing, work, LeaseBound);

    private Task<T> LeaseAsync<T>(string doing, Func<NpgsqlConnection, Task<T>> work) => RunAsync(NextSession(), doing, work);

    /// <summary>One that is free, so that nothing stands behind a wait for a lock without need.</summary>
    private PostgresSession NextSession() =>
        Array.Find(_others, session => session.IsFree) ?? _others[Interlocked.Increment(ref _turn) % LeaseSessions];

    private async Task BreakLockAsync(PostgresSession session, int shard, Func<NpgsqlConnection, Task<int>> breakLock)
    {
        try
        {
            LogLockBroken(shard, await session.RunAsync(breakLock, LeaseBound).ConfigureAwait(false));
        }
        catch (Exception e) when (IsOfStore(e))
        {
            LogLockNotBroken(e, shard);
        }
    }

    private async Task DemandDurabilityAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(DurabilityCheck.Sql, connection);
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        await reader.ReadAsync().ConfigureAwait(false);
        DurabilityCheck.Demand(reader.GetString(0), reader.GetString(1), _options.AllowUnsafeServerSettings);
    }

    [LoggerMessage(2210, LogLevel.Warning, "The lock of shard {Shard} did not come in time; {Ended} backends that held it were ended.")]
    private partial void LogLockBroken(int shard, int ended);

    [LoggerMessage(2211, LogLevel.Warning, "The lock of shard {Shard} did not come in time, and the backends that hold it could not be ended.")]
    private partial void LogLockNotBroken(Exception failure, int shard);
}

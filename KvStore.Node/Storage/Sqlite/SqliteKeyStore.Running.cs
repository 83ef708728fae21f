using Microsoft.Extensions.Logging;

namespace KvStore.Node.Storage.Sqlite;

/// <summary>How the store runs its work on its threads, and what it makes of their errors.</summary>
public sealed partial class SqliteKeyStore
{
    /// <summary>The wait for the lock and what stands before it in the thread's queue.</summary>
    private TimeSpan LeaseBound => _options.LockTimeout * 3;

    /// <summary>One that hangs must leave time for another before the lease runs out.</summary>
    private TimeSpan RenewalBound => LeaseBound < _options.LeaseTtl / 3 ? LeaseBound : _options.LeaseTtl / 3;

    /// <summary>Less than the time of the whole commit: a batch that did not get the lock has failed, and nobody has to ask what became of it.</summary>
    private TimeSpan BatchLockWait => _options.CommitTimeout / 2;

    private static StoreUnavailableException Unavailable(string doing, Exception cause) => new($"The store failed to {doing}: {cause.Message}", cause);

    /// <summary>
    /// The connection stays open: as the first and last one it would copy at its end all that a process which crashed has left in
    /// the log, before this node is ready.
    /// </summary>
    private async Task<StoreIdentity> OpenFileAsync()
    {
        try
        {
            return await _checkpoints.RunAsync(
                file =>
                {
                    var identity = SqliteSchema.Open(file, _turn, _shards, OpenWait);
                    if (IsLogLong)
                    {
                        CopyLog(file);
                    }

                    // What earlier processes left in the log counts as if it were of this one: many short lives must not let it grow.
                    _turn.AddLoggedPages(LogBytes / PageBytes);
                    return identity;
                },
                // To read a crashed process's log takes as long as it is, and is of use only when it has ended.
                Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        }
        catch (SqliteFailure failure) when (failure.BlamesFile)
        {
            throw StoreRefusals.ConnectionString($"the file '{_path}' cannot be used as an SQLite database: {failure.Message}", failure);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StoreRefusals.ConnectionString($"the directory of '{_path}' cannot be created: {e.Message}", e);
        }
        catch (Exception e) when (e is SqliteFailure or SqliteBusy)
        {
            throw Unavailable("open its file", e);
        }
    }

    /// <summary>
    /// So long a log is copied before this node has leases: it could be in their way on a slow disk. Nobody is kept waiting for it, and the
    /// first write after it starts the log anew.
    /// </summary>
    private void CopyLog(SqliteFile file)
    {
        try
        {
            file.Checkpoint();
        }
        catch (SqliteFailure failure)
        {
            LogCheckpointFailed(failure);
        }
    }

    /// <summary>The connection that copies the log, and before that opens the file, or makes it.</summary>
    private SqliteFile ConnectFirst()
    {
        var isFirst = _identity is null;
        if (isFirst)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        }

        // Later ones must find it: see Connect.
        return SqliteFile.Open(_path, TimeSpan.Zero, ReusedLogBytes, create: isFirst);
    }

    /// <summary>A connection to a file that is there: should it have been deleted, a new empty one must not take its place.</summary>
    private SqliteFile Connect(TimeSpan busyWait) => SqliteFile.Open(_path, busyWait, ReusedLogBytes);

    private Task<T> LeaseAsync<T>(string doing, Func<SqliteLeases, T> work) => LeaseAsync(doing, work, LeaseBound, urgent: false);

    private async Task<T> LeaseAsync<T>(string doing, Func<SqliteLeases, T> work, TimeSpan bound, bool urgent)
    {
        try
        {
            return await _leases.RunAsync(work, bound, urgent).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteFailure or SqliteBusy or SqliteStillRunning or IOException)
        {
            throw Unavailable(doing, e);
        }
    }

    private Task<T> ReadAsync<T>(string doing, Func<SqliteReads, T> work) => ReadAsync(doing, work, _options.ReadTimeout, CancellationToken.None);

    private async Task<T> ReadAsync<T>(string doing, Func<SqliteReads, T> work, TimeSpan bound, CancellationToken cancellation)
    {
        var start = _time.GetTimestamp();
        try
        {
            return await _readers.RunAsync(
                session => session.Until(() => cancellation.IsCancellationRequested || _time.GetElapsedTime(start) >= bound, work), bound)
                .ConfigureAwait(false);
        }
        catch (SqliteFailure) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (Exception e) when (e is SqliteFailure or SqliteStillRunning)
        {
            throw Unavailable(doing, e);
        }
    }

    [LoggerMessage(2208, LogLevel.Warning, "File locks do not work next to {Path}: after a crash a restarted node waits for the TTL of its old lease.")]
    private partial void LogNoProcessLocks(string path);
}

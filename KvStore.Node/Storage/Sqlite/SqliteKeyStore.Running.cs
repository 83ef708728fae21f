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

    private StoreIdentity OpenFile()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            using var file = SqliteFile.Open(_path, TimeSpan.Zero, create: true);
            var identity = SqliteSchema.Open(file, _turn, _shards, OpenWait);
            // What earlier processes left in the log counts as if it were of this one: many short lives must not let it grow.
            _turn.AddLoggedPages((int)Math.Min(new FileInfo(_path + "-wal") is { Exists: true } log ? log.Length / PageBytes : 0, CheckpointPages));
            return identity;
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

    /// <summary>A connection to a file that is there: should it have been deleted, a new empty one must not take its place.</summary>
    private SqliteFile Connect(TimeSpan busyWait) => SqliteFile.Open(_path, busyWait);

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

    /// <summary>Keeps the log bounded.</summary>
    private void CheckpointIfLong()
    {
        if (_turn.LoggedPages - Interlocked.Read(ref _pagesAtCheckpoint) >= CheckpointPages)
        {
            Checkpoint();
        }
    }

    /// <summary>As <see cref="CheckpointIfLong"/>, but goes by what all have left in the log, earlier processes and others too.</summary>
    private void CheckpointIfTooLong()
    {
        if (MustCut())
        {
            Checkpoint();
        }
        else
        {
            CheckpointIfLong();
        }
    }

    private void Checkpoint()
    {
        if (Interlocked.Exchange(ref _checkpointing, 1) == 0)
        {
            _ = CheckpointAsync();
        }
    }

    private async Task CheckpointAsync()
    {
        var pages = _turn.LoggedPages;
        var finished = false;
        try
        {
            await CopyLogAsync().ConfigureAwait(false);
            // The rest between two batches: a log of which nothing is left starts anew.
            var cut = MustCut();
            finished = await _writer.RunAsync(
                session => session.Checkpoint(cut, readerWait: _options.LockTimeout / 4), _options.CommitTimeout).ConfigureAwait(false);
            if (cut && !finished)
            {
                // A reader that stayed for this long stays for longer, and each try keeps all writers of the file waiting.
                Interlocked.Exchange(ref _nextCut, _time.GetTimestamp() + (long)(CutPause.TotalSeconds * _time.TimestampFrequency));
            }
        }
        catch (Exception e)
        {
            LogCheckpointFailed(e);
        }
        finally
        {
            // One that was not finished is tried again soon, but not at each commit.
            Interlocked.Exchange(ref _pagesAtCheckpoint, finished ? pages : _turn.LoggedPages - CheckpointPages + RetryPages);
            Interlocked.Exchange(ref _checkpointing, 0);
        }
    }

    /// <summary>Each copy is of what came during the one before, and so shorter. Where it fails the writer does it all.</summary>
    private async Task CopyLogAsync()
    {
        try
        {
            for (var copies = 0; copies < MostCopies; copies++)
            {
                var begun = _time.GetTimestamp();
                await _checkpoints.RunAsync(session => session.Run(), CopyWait).ConfigureAwait(false);
                if (_time.GetElapsedTime(begun) <= ShortCopy)
                {
                    return;
                }
            }
        }
        catch (Exception e)
        {
            LogCheckpointFailed(e);
        }
    }

    private bool MustCut()
    {
        var log = new FileInfo(_path + "-wal");
        return log.Exists && log.Length >= CutBytes && _time.GetTimestamp() >= Interlocked.Read(ref _nextCut);
    }

    [LoggerMessage(2001, LogLevel.Warning, "File locks do not work next to {Path}: after a crash a restarted node waits for the TTL of its old lease.")]
    private partial void LogNoProcessLocks(string path);

    [LoggerMessage(2002, LogLevel.Warning, "SQLite's log could not be copied into its file.")]
    private partial void LogCheckpointFailed(Exception failure);
}

using Microsoft.Extensions.Logging;

namespace KvStore.Node.Storage.Sqlite;

/// <content>
/// Keeps the log bounded. A thread of its own copies it into the file beside the batches: where their rows are far apart in a
/// large file a copy takes as long as many commits. The writer copies what came meanwhile.
/// </content>
public sealed partial class SqliteKeyStore
{
    /// <summary>After one that was not finished the next is due when so many have been appended.</summary>
    private const long RetryPages = 256;

    private const int PageBytes = 4096;

    private const int MostCopies = 4;

    private static readonly TimeSpan ShortCopy = TimeSpan.FromMilliseconds(5);

    /// <summary>Nobody waits for a copy.</summary>
    private static readonly TimeSpan CopyWait = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan CutPause = TimeSpan.FromSeconds(10);

    private int _checkpointing;
    private long _pagesAtCheckpoint;
    private long _nextCut = long.MinValue;

    /// <summary>This process has appended so many pages that a copy is due.</summary>
    private long CheckpointPages => _options.CheckpointBytes / PageBytes;

    /// <summary>
    /// What is kept of the file by a log that starts anew: what it has when a copy is due, and half as much for what comes during the copy.
    /// </summary>
    private long ReusedLogBytes => _options.CheckpointBytes * 3 / 2;

    /// <summary>So long a log means that something was always in the way, a reader as a rule: then the next ones wait for a moment.</summary>
    private long CutBytes => _options.CheckpointBytes * 4;

    private bool HasLoggedMuch => _turn.LoggedPages - Interlocked.Read(ref _pagesAtCheckpoint) >= CheckpointPages;

    /// <summary>
    /// A log that starts anew is cut to less: this one is as long by what several processes have appended, each less than is due, or
    /// because something was in the way.
    /// </summary>
    private bool IsLogLong => LogBytes > ReusedLogBytes;

    private bool MustCut => LogBytes >= CutBytes && _time.GetTimestamp() >= Interlocked.Read(ref _nextCut);

    private long LogBytes => new FileInfo(_path + "-wal") is { Exists: true } log ? log.Length : 0;

    private void CheckpointIf(bool isDue)
    {
        if (isDue && Interlocked.Exchange(ref _checkpointing, 1) == 0)
        {
            _ = CheckpointAsync();
        }
    }

    private async Task CheckpointAsync()
    {
        var pages = _turn.LoggedPages;
        var (cut, finished) = (false, false);
        try
        {
            await CopyLogAsync().ConfigureAwait(false);
            // The rest between two batches: a log of which nothing is left starts anew.
            cut = MustCut;
            finished = await _writer.RunAsync(
                session => session.Checkpoint(cut, readerWait: _options.LockTimeout / 4), _options.CommitTimeout).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogCheckpointFailed(e);
        }
        finally
        {
            if (cut && !finished)
            {
                // A reader that stayed for this long stays for longer, and so does a disk's fault; each try keeps all writers of the file waiting.
                Interlocked.Exchange(ref _nextCut, _time.GetTimestamp() + (long)(CutPause.TotalSeconds * _time.TimestampFrequency));
            }

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
                await _checkpoints.RunAsync(file => file.Checkpoint(), CopyWait).ConfigureAwait(false);
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

    [LoggerMessage(2209, LogLevel.Warning, "SQLite's log could not be copied into its file.")]
    private partial void LogCheckpointFailed(Exception failure);
}

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Whose turn it is to write. SQLite has one write lock and no queue before it, and a group-commit writer asks for it again
/// the moment that it gave it back. Two waits make that fair:
/// <para>
/// Inside the process leases go before batches: a renewal waits for the batch that runs, never for those behind it.
/// </para>
/// <para>
/// Between processes there is a turnstile, a file that one holds while waiting for the lock and leaves once it got it. Who
/// passed it may write for <see cref="Quantum"/>, and must pass it again then, so the one who stands there gets the lock soon. It
/// is a courtesy: a process that was stopped in it delays the others by <see cref="TurnstileWait"/> a quantum and no more, and
/// one that is killed frees it.
/// </para>
/// </summary>
internal sealed class WriteTurn(string databasePath, TimeProvider time)
{
    /// <summary>Some commits. To open, lock and close a file takes a few hundredths of each.</summary>
    public static readonly TimeSpan Quantum = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan TurnstileWait = TimeSpan.FromMilliseconds(200);

    private readonly string _turnstile = databasePath + "-turn";
    private readonly Lock _sync = new();
    private readonly Queue<ManualResetEventSlim> _urgent = new();
    private readonly Queue<ManualResetEventSlim> _others = new();
    private bool _taken;
    private long? _passedAt;
    private long _loggedPages;

    /// <summary>Pages that this process has appended to the log since its start, by all of its connections.</summary>
    public long LoggedPages => Interlocked.Read(ref _loggedPages);

    public void AddLoggedPages(long pages) => Interlocked.Add(ref _loggedPages, pages);

    /// <summary>Waits for the turn, then calls <paramref name="begin"/> until it succeeds.</summary>
    /// <exception cref="SqliteBusy">Neither came in time.</exception>
    public Entered Enter(bool urgent, TimeSpan wait, Func<bool> begin)
    {
        var start = time.GetTimestamp();
        if (!EnterProcess(urgent, wait))
        {
            throw new SqliteBusy($"another transaction of this node took longer than {wait.TotalMilliseconds:F0} ms");
        }

        try
        {
            if (HasQuantum && begin())
            {
                return new Entered(this);
            }

            using var turnstile = PassTurnstile(wait - time.GetElapsedTime(start));
            while (!begin())
            {
                if (time.GetElapsedTime(start) >= wait)
                {
                    throw new SqliteBusy($"another process has kept '{databasePath}' locked for {wait.TotalMilliseconds:F0} ms");
                }

                PauseBeforeNextTry();
            }

            _passedAt = time.GetTimestamp();
            return new Entered(this);
        }
        catch
        {
            Leave();
            throw;
        }
    }

    private bool HasQuantum => _passedAt is { } at && time.GetElapsedTime(at) < Quantum;

    private bool EnterProcess(bool urgent, TimeSpan wait)
    {
        ManualResetEventSlim mine;
        lock (_sync)
        {
            if (!_taken)
            {
                _taken = true;
                return true;
            }

            mine = new ManualResetEventSlim();
            (urgent ? _urgent : _others).Enqueue(mine);
        }

        if (mine.Wait(wait))
        {
            return true;
        }

        lock (_sync)
        {
            // The turn may have come just now; then it is ours to use. Else the event stays in the queue, marked as set, and is passed over.
            if (mine.IsSet)
            {
                return true;
            }

            mine.Set();
            return false;
        }
    }

    private void Leave()
    {
        lock (_sync)
        {
            while (_urgent.TryDequeue(out var next) || _others.TryDequeue(out next))
            {
                if (!next.IsSet)
                {
                    next.Set();
                    return;
                }
            }

            _taken = false;
        }
    }

    private IDisposable? PassTurnstile(TimeSpan wait)
    {
        var start = time.GetTimestamp();
        var most = wait < TurnstileWait ? wait : TurnstileWait;
        while (true)
        {
            try
            {
                return File.OpenHandle(_turnstile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                if (time.GetElapsedTime(start) >= most)
                {
                    return null;
                }
            }
            catch (UnauthorizedAccessException)
            {
                return null;
            }

            PauseBeforeNextTry();
        }
    }

    /// <summary>Neither a file lock nor SQLite can tell when it becomes free, so who waits for another process has to ask again.</summary>
    private static void PauseBeforeNextTry() => Thread.Sleep(1);

    public readonly struct Entered(WriteTurn turn) : IDisposable
    {
        public void Dispose() => turn.Leave();
    }
}

/// <summary>The write lock did not come in time; nothing was done.</summary>
internal sealed class SqliteBusy(string detail) : Exception($"SQLite is busy: {detail}.");

namespace KvStore.Node.Storage.Sqlite;

/// <summary>
/// Threads of our own that run blocking work, each with a session (a connection and its statements) that no other touches.
/// The shared pool must never wait for a disk: heartbeats of the cluster and Kestrel live there.
/// </summary>
internal sealed class SqliteThreads<TSession> : IDisposable
    where TSession : class, IDisposable
{
    private readonly Func<TSession> _open;
    private readonly TimeProvider _time;
    private readonly string _name;
    private readonly object _sync = new();
    private readonly LinkedList<Job> _jobs = new();
    private readonly Thread[] _threads;
    private bool _stopped;

    public SqliteThreads(string name, int count, Func<TSession> open, TimeProvider time)
    {
        _name = name;
        _open = open;
        _time = time;
        _threads = [.. Enumerable.Range(0, count).Select(_ => new Thread(Work) { IsBackground = true, Name = name })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads.</summary>
    /// <param name="urgent">Goes before everything that waits and is not.</param>
    /// <exception cref="StoreUnavailableException">It did not start within <paramref name="bound"/> and never will.</exception>
    /// <exception cref="SqliteStillRunning">It started and did not end within <paramref name="bound"/>.</exception>
    public async Task<T> RunAsync<T>(Func<TSession, T> work, TimeSpan bound, bool urgent = false)
    {
        var job = new Job<T>(work);
        lock (_sync)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (urgent)
            {
                _jobs.AddFirst(job);
            }
            else
            {
                _jobs.AddLast(job);
            }

            Monitor.Pulse(_sync);
        }

        try
        {
            return await job.Result.WaitAsync(bound, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            if (job.Result.IsCompleted)
            {
                // It ended just now. What it did counts, not the time.
                return await job.Result.ConfigureAwait(false);
            }

            lock (_sync)
            {
                if (_jobs.Remove(job))
                {
                    throw new StoreUnavailableException($"The queue of {_name} is longer than {bound.TotalMilliseconds:F0} ms.");
                }
            }

            throw new SqliteStillRunning(_name, bound);
        }
    }

    /// <summary>Ends the threads when their current work ends; what still waits fails.</summary>
    public void Dispose()
    {
        lock (_sync)
        {
            _stopped = true;
            Monitor.PulseAll(_sync);
        }

        foreach (var thread in _threads.Where(thread => thread != Thread.CurrentThread))
        {
            // A thread that hangs in a system call is left to the process's end: it is a background thread.
            thread.Join(TimeSpan.FromSeconds(5));
        }
    }

    private void Work()
    {
        TSession? session = null;
        while (TakeJob() is { } job)
        {
            try
            {
                session ??= _open();
                job.Run(session);
            }
            catch (Exception failure)
            {
                if (failure is SqliteCommitFailure or SqliteFailure { SpoilsConnection: true })
                {
                    session?.Dispose();
                    session = null;
                }

                job.Fail(failure);
            }
        }

        session?.Dispose();
    }

    private Job? TakeJob()
    {
        lock (_sync)
        {
            while (true)
            {
                if (_jobs.First is { } first)
                {
                    _jobs.RemoveFirst();
                    if (!_stopped)
                    {
                        return first.Value;
                    }

                    // Whoever waits for it goes on elsewhere, not under this lock.
                    first.Value.Fail(new StoreUnavailableException("The store is closed."));
                }
                else if (_stopped)
                {
                    return null;
                }
                else
                {
                    Monitor.Wait(_sync);
                }
            }
        }
    }

    private abstract class Job
    {
        public abstract void Run(TSession session);

        public abstract void Fail(Exception failure);
    }

    private sealed class Job<T>(Func<TSession, T> work) : Job
    {
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Result => _result.Task;

        public override void Run(TSession session) => _result.TrySetResult(work(session));

        public override void Fail(Exception failure) => _result.TrySetException(failure);
    }
}

/// <summary>The work goes on, and nobody knows how it ends.</summary>
internal sealed class SqliteStillRunning(string name, TimeSpan bound)
    : Exception($"Work of {name} has been running for longer than {bound.TotalMilliseconds:F0} ms.");

using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>
/// All requests of this node that wait for an answer, and the one timer that looks after them: a timer, a token and a watch for
/// each were a quarter of all that a write leaves behind. What it ends, it ends by up to <see cref="Tick"/> too late.
/// </summary>
/// <param name="findGone">Asked of each every <see cref="Beat"/>: the node from which no answer can come any more, or null.</param>
internal sealed class ReplyWaits(TimeProvider time, Func<ReplyWait, ShardHolder?> findGone) : IDisposable
{
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(25);

    public static readonly TimeSpan Beat = Tick * 10;

    private readonly Lock _lock = new();

    /// <summary>Only of the sweep, of which there is one at a time.</summary>
    private readonly List<ReplyWait> _swept = [];

    private ReplyWait? _first;
    private ITimer? _timer;
    private bool _isArmed;
    private bool _isDisposed;
    private long _lastBeat = time.GetTimestamp();

    /// <param name="limit">After it the answer is that none came; <see cref="Timeout.InfiniteTimeSpan"/> for what ends by itself.</param>
    public ReplyWait Begin(IKeyMessage message, IActorRef? owner, HolderWatch holder, TimeSpan limit, CancellationToken aborted)
    {
        var until = limit == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : time.GetTimestamp() + (long)(limit.TotalSeconds * time.TimestampFrequency);
        var wait = new ReplyWait(this, message, owner, holder, until, aborted);
        lock (_lock)
        {
            if (_isDisposed)
            {
                wait.TrySetResult(default);
                return wait;
            }

            if (_first is not null)
            {
                (wait.Next, _first.Previous) = (_first, wait);
            }

            _first = wait;
            if (!_isArmed)
            {
                Arm();
            }
        }

        return wait;
    }

    public void Remove(ReplyWait wait)
    {
        lock (_lock)
        {
            if (wait.Previous is { } previous)
            {
                previous.Next = wait.Next;
            }
            else
            {
                _first = wait.Next;
            }

            if (wait.Next is { } next)
            {
                next.Previous = wait.Previous;
            }

            (wait.Previous, wait.Next) = (null, null);
        }
    }

    /// <summary>Whoever still waits gets no answer.</summary>
    public void Dispose()
    {
        var left = new List<ReplyWait>();
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
            AddAllTo(left);
        }

        left.ForEach(wait => wait.End(default));
    }

    private void Arm()
    {
        if (_isDisposed)
        {
            return;
        }

        _isArmed = true;
        _timer ??= CreateTimer();
        _timer.Change(Tick, Timeout.InfiniteTimeSpan);
    }

    private ITimer CreateTimer()
    {
        // Else each sweep would run with the trace and the log's scopes of the first request.
        using var noFlow = ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow();
        return time.CreateTimer(static waits => ((ReplyWaits)waits!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    private void AddAllTo(List<ReplyWait> waits)
    {
        for (var wait = _first; wait is not null; wait = wait.Next)
        {
            waits.Add(wait);
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            AddAllTo(_swept);
        }

        var now = time.GetTimestamp();
        var isBeat = time.GetElapsedTime(_lastBeat, now) >= Beat;
        _lastBeat = isBeat ? now : _lastBeat;
        foreach (var wait in _swept)
        {
            if (wait.EndIfAborted())
            {
                continue;
            }

            if (now >= wait.Until)
            {
                wait.End(default);
            }
            else if (isBeat)
            {
                EndIfGone(wait);
            }
        }

        _swept.Clear();
        lock (_lock)
        {
            _isArmed = false;
            if (_first is not null)
            {
                Arm();
            }
        }
    }

    private void EndIfGone(ReplyWait wait)
    {
        try
        {
            if (findGone(wait) is { } gone)
            {
                wait.End(new AttemptAnswer(null, Gone: gone));
            }
        }
        catch (Exception fault)
        {
            // It ends that request, not the timer and with it the process.
            wait.Fail(fault);
        }
    }
}

using Akka.Actor;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;

namespace KvStore.Node.Keys;

/// <summary>
/// Keeps the number of live key actors within its bound, by count (least recently used first) and by idle time, and lets
/// actors with waiting requests look at their deadlines. Deadlines are looked at each second, and a crowded node is cleared at
/// once. Idle keys are looked for in slices: all cells in one go would keep one of a small machine's cores for 40 ms.
/// </summary>
public sealed class LiveKeyBudget : ReceiveActor, IWithTimers
{
    /// <summary>A pass that makes room goes down to this share of a crowd, so that the next one is some time away.</summary>
    private const double RoomToLeave = 0.9;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>A round takes so many ticks, and looks at every cell that was there when it began.</summary>
    private const int Slices = 32;

    private const int SmallestSlice = 1_000;

    private readonly LiveKeys _keys;
    private readonly LimitOptions _limits;
    private readonly ILogger _log;
    private IEnumerator<KeyCell>? _round;
    private int _slice;
    private int _isMakingRoom;

    public LiveKeyBudget(LiveKeys keys, LimitOptions limits, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(keys);
        (_keys, _limits, _log) = (keys, limits, log);
        var self = Self;
        keys.OnCrowded = () =>
        {
            if (Interlocked.Exchange(ref _isMakingRoom, 1) == 0)
            {
                self.Tell(MakeRoom.Instance);
            }
        };
        Receive<Tick>(_ => OnTick());
        Receive<MakeRoom>(_ => OnMakeRoom());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, Interval);

    private void OnTick()
    {
        // A pass may be late; better to refuse a request early than to leave its caller with an unknown outcome.
        var check = new CheckDeadlines(Interval * 1.5);
        foreach (var cell in _keys.Waiting)
        {
            cell.Actor.Tell(check, ActorRefs.NoSender);
        }

        EvictIdle();
        OnMakeRoom();
    }

    /// <summary>Goes on where the last slice ended, and begins anew with the next one when it is through.</summary>
    private void EvictIdle()
    {
        var idleSince = Environment.TickCount64 - (long)_limits.KeyIdleTimeout.TotalMilliseconds;
        if (_round is null)
        {
            _slice = Math.Max(SmallestSlice, _keys.Count / Slices);
            _round = _keys.Cells.GetEnumerator();
        }

        for (var left = _slice; left > 0; left--)
        {
            if (!_round.MoveNext())
            {
                _round = null;
                return;
            }

            var cell = _round.Current;
            if (!cell.HasWaiting && cell.LastUsed < idleSince)
            {
                cell.Actor.Tell(EvictKey.Instance, ActorRefs.NoSender);
            }
        }
    }

    private void OnMakeRoom()
    {
        Interlocked.Exchange(ref _isMakingRoom, 0);
        var live = _keys.Count;
        if (live <= _keys.CrowdedFrom)
        {
            return;
        }

        var excess = live - (int)(_keys.CrowdedFrom * RoomToLeave);

        var cells = _keys.Cells.Where(cell => !cell.HasWaiting).ToArray();
        var lastUsed = Array.ConvertAll(cells, cell => cell.LastUsed);
        Array.Sort(lastUsed, cells);
        var victims = cells.AsSpan(0, Math.Min(excess, cells.Length));
        foreach (var cell in victims)
        {
            cell.Actor.Tell(EvictKey.Instance, ActorRefs.NoSender);
        }

        _keys.Evicting(victims.Length);
        _log.Evicting(live, victims.Length, cells.Length);
    }

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record MakeRoom
    {
        public static readonly MakeRoom Instance = new();
    }
}

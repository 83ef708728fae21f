using Akka.Actor;
using KvStore.Node.Config;
using KvStore.Node.Diagnostics;

namespace KvStore.Node.Keys;

/// <summary>
/// Keeps the number of live key actors within its bound, by count (least recently used first) and by idle time, and lets
/// actors with waiting requests look at their deadlines. One pass a second, and one at once when the node is crowded.
/// </summary>
public sealed class LiveKeyBudget : ReceiveActor, IWithTimers
{
    /// <summary>A pass that makes room goes down to this share of a crowd, so that the next one is some time away.</summary>
    private const double RoomToLeave = 0.9;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly LiveKeys _keys;
    private readonly LimitOptions _limits;
    private readonly ILogger _log;
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
        var idleSince = Environment.TickCount64 - (long)_limits.KeyIdleTimeout.TotalMilliseconds;

        // A pass may be late; better to refuse a request early than to leave its caller with an unknown outcome.
        var check = new CheckDeadlines(Interval * 1.5);
        foreach (var cell in _keys.Cells)
        {
            if (cell.HasWaiting)
            {
                cell.Actor.Tell(check, ActorRefs.NoSender);
            }
            else if (cell.LastUsed < idleSince)
            {
                cell.Actor.Tell(EvictKey.Instance, ActorRefs.NoSender);
            }
        }

        OnMakeRoom();
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

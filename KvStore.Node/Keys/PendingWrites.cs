using System.Diagnostics;
using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Node.Storage;

namespace KvStore.Node.Keys;

/// <summary>A request and whom to answer.</summary>
/// <param name="Span">From its arrival to its answer; null where it is not traced.</param>
internal readonly record struct Asked(IKeyMessage Message, IActorRef ReplyTo, Activity? Span = null);

/// <summary>A request that was decided and waits for a commit before its reply may be sent.</summary>
/// <param name="Writes">
/// False for an answer that changes nothing (409, 412, 404 of a delete, 422): it was computed from a state that is not
/// committed yet, so it must wait for that, and then pass the check of a read. Else a client would hear of a version that may
/// never exist.
/// </param>
internal readonly record struct Waiter(Asked Asked, KeyReply Reply, bool Writes);

/// <summary>
/// The writes of one key that are not committed yet. At most one row is with the writer; commands that come meanwhile are
/// applied in memory, each with a version of its own, and go out together as the next row.
/// </summary>
/// <param name="committed">The state that the first command is judged against.</param>
internal sealed class PendingWrites(KeyState committed)
{
    private KeyState _inFlightState = committed;

    // Of most rows one request is all there is.
    private List<Waiter>? _inFlight;
    private List<Waiter>? _next;

    /// <summary>What the next command is judged against: every command before it applied.</summary>
    public KeyState Tip { get; private set; } = committed;

    /// <summary>The row that is with the writer.</summary>
    public PendingRow? Row { get; private set; }

    /// <summary>Of <see cref="Row"/>: from when the writer took it to its fate. Null where none of its requests is traced.</summary>
    public Activity? Span { get; private set; }

    public int Count => (_inFlight?.Count ?? 0) + (_next?.Count ?? 0);

    public bool HasNext => _next is { Count: > 0 };

    public bool IsEmpty => Row is null && !HasNext;

    public IEnumerable<Asked> Next => _next?.Select(waiter => waiter.Asked) ?? [];

    public void Add(Asked asked, KeyState state, KeyReply reply)
    {
        Tip = state;
        AddTo(ref _next, new Waiter(asked, reply, Writes: true));
    }

    /// <summary>An answer computed from <see cref="Tip"/>, which is in the next row if there is one, else in the row under way.</summary>
    public void AddRead(Asked asked, KeyReply reply) =>
        AddTo(ref HasNext ? ref _next : ref _inFlight, new Waiter(asked, reply, Writes: false));

    /// <summary>The writer took <paramref name="row"/>, which stands for all commands up to <see cref="Tip"/>.</summary>
    public void Sent(PendingRow row)
    {
        Row = row;
        _inFlightState = Tip;
        (_inFlight, _next) = (_next, null);
        Span = KeySpans.StartCommit(row, _inFlight ?? []);
    }

    /// <summary>The row is through; who waited for it, in order.</summary>
    public List<Waiter> TakeInFlight()
    {
        Row = null;
        var waiters = _inFlight;
        _inFlight = null;
        return waiters ?? [];
    }

    /// <summary>Takes back all that was not handed to the writer; none of it was executed.</summary>
    public List<Waiter> TakeNext()
    {
        Tip = _inFlightState;
        var waiters = _next;
        _next = null;
        return waiters ?? [];
    }

    private static void AddTo(ref List<Waiter>? waiters, Waiter waiter) => (waiters ??= new List<Waiter>(1)).Add(waiter);
}

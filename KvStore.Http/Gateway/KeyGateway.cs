using Akka.Actor;
using Akka.Hosting;
using KvStore.Http.Gateway.Links;
using KvStore.Http.Telemetry;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway;

/// <summary>
/// Step 3 of a request's path: answers a read by itself where the key lives on this node (<see cref="ILocalKeys"/>).
/// Anything else goes to the key's actor there, to the node that most likely has it (<see cref="NodeLinks"/>), or by the shard
/// region, and again by that where <see cref="AttemptPolicy"/> allows. A write for which no attempt ran out is certainly not
/// applied when it is refused; after a time-out nobody knows, and it is never sent again.
/// </summary>
public sealed class KeyGateway : IKeyGateway, IDisposable
{
    private readonly ILocalKeys _local;
    private readonly Attempt _attempt;
    private readonly IClusterViewSource _views;
    private readonly string _self;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyGateway> _log;
    private readonly Func<double> _chance;
    private readonly EdgeMetrics _metrics;
    private readonly ReplyWaits _waits;
    private readonly ShardRoutes _routes;
    private readonly NodeLinks _links;

    public KeyGateway(
        IRequiredActor<KeyRegion> region, ILocalKeys local, NodeLinks links, IClusterViewSource views, EdgeOptions options, EdgeMetrics metrics,
        TimeProvider time, ILogger<KeyGateway> log)
        : this(local, AskRegion(region, options, time), links, views, options, metrics, time, log, Random.Shared.NextDouble)
    {
    }

    internal KeyGateway(
        ILocalKeys local, Attempt attempt, NodeLinks links, IClusterViewSource views, EdgeOptions options, EdgeMetrics metrics, TimeProvider time,
        ILogger<KeyGateway> log, Func<double> chance)
    {
        _local = local;
        _attempt = attempt;
        _links = links;
        _views = views;
        _self = options.NodeName;
        _time = time;
        _log = log;
        _chance = chance;
        _metrics = metrics;
        _waits = new ReplyWaits(time, FindGone);
        _routes = new ShardRoutes(views);
    }

    /// <summary>Sends a message once. Null where no answer came within <paramref name="limit"/>.</summary>
    internal delegate Task<KeyReply?> Attempt(IKeyMessage message, TimeSpan limit, CancellationToken aborted);

    /// <summary>What still waits gets no answer.</summary>
    public void Dispose() => _waits.Dispose();

    /// <inheritdoc/>
    public KeyReply? TryReadHere(Key key, Precondition precondition) =>
        Tracing.Source.HasListeners() ? null : _local.TryRead(key, precondition);

    /// <inheritdoc/>
    public ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message is GetValue get && _local.TryRead(get) is { } reply ? new(reply) : SendToOwnerAsync(message, aborted);
    }

    /// <summary>
    /// Does what another node asks of a key that it takes for one of this node's; once, as that node tries again. The answer is
    /// null, and says nothing else, where nobody will answer in time.
    /// </summary>
    internal ValueTask<AttemptAnswer> ServeHereAsync(IKeyMessage message) =>
        message is GetValue get && _local.TryRead(get) is { } reply ? new(new AttemptAnswer(reply))
        : _local.FindActor(message.Key) is { } owner ? new(ServeHereAsync(new Way(owner), message))
        : _local.Holds(message.Key) ? new(ServeHereAsync(default, message))
        : new(new AttemptAnswer(null, IsNotThere: true));

    private async Task<AttemptAnswer> ServeHereAsync(Way way, IKeyMessage message)
    {
        try
        {
            var answer = await SendOnceAsync(way, message, message.Context.Deadline.Left(_time), holdsBack: true, CancellationToken.None)
                .ConfigureAwait(false);
            return answer.Gone is { } gone && message is IKeyCommand ? new AttemptAnswer(NoAnswer(message, gone.Node)) : answer;
        }
        catch (Exception fault)
        {
            // Who asked waits for its time, and then knows nothing, which is what is known here.
            _log.ForwardedRequestFaulted(fault, message.Context.RequestId, message.Key.Text);
            return default;
        }
    }

    private async ValueTask<KeyReply> SendToOwnerAsync(IKeyMessage message, CancellationToken aborted)
    {
        var mayGuess = true;
        var deadline = message.Context.Deadline;
        // Read once for each attempt: what decides on one more must be what that one then gets.
        var left = deadline.Left(_time);
        var policy = new AttemptPolicy(message is IKeyCommand, left);
        var (refusals, silences) = (0, 0);
        while (true)
        {
            var limit = policy.LimitOf(silences, left);
            var owner = _local.FindActor(message.Key);
            var way = owner is null && mayGuess ? WayToPeer(message.Key) : new Way(owner);
            // Its guess was wrong, or something is wrong with that node: the region knows more, sooner or later.
            mayGuess = false;
            // A read may be sent to a node that is downed: the first wait for it is short.
            var holdsBack = policy.IsWrite || silences > 0;
            var (reply, isNotThere, gone) = await SendOnceAsync(way, message, limit, holdsBack, aborted).ConfigureAwait(false);
            left = deadline.Left(_time);
            if (isNotThere)
            {
                continue;
            }

            if (reply is null)
            {
                silences++;
                if (policy.MayResendAfterTimeout(left))
                {
                    _metrics.RetriedAfterSilence();
                    continue;
                }

                return NoAnswer(message, gone is null ? ShardHolders.HolderOf(message.Key, _views.Current) : gone.Node);
            }

            if (reply is not Refused refused)
            {
                if (reply is not OutcomeUnknown)
                {
                    _routes.Answered(message.Key, reply.Node);
                }

                return reply;
            }

            if (policy.DelayAfterRefusal(++refusals, left, _chance()) is not { } delay)
            {
                _log.RefusalStands(message.Context.RequestId, message.Key.Text, refused.Reason, refusals);
                return reply;
            }

            _metrics.RetriedAfterRefusal();
            await Task.Delay(delay, _time, aborted).ConfigureAwait(false);
            left = deadline.Left(_time);
        }
    }

    private Way WayToPeer(Key key) =>
        _routes.FindPeer(key) is { } peer && _links.Find(peer.Address) is { } link ? new Way(null, peer, link) : default;

    /// <summary>
    /// Does not wait for the answer of a node that is no more, or of an actor that has stopped (<see cref="AttemptAnswer.Gone"/>).
    /// </summary>
    /// <param name="holdsBack">
    /// Whether it is not even sent to a node that is downed: the region would still do that, and a write would be of unknown outcome
    /// for nothing.
    /// </param>
    private Task<AttemptAnswer> SendOnceAsync(Way way, IKeyMessage message, TimeSpan limit, bool holdsBack, CancellationToken aborted)
    {
        if (limit <= TimeSpan.Zero)
        {
            return Task.FromResult(new AttemptAnswer(new Refused(RefusalReason.Expired, _self, _self)));
        }

        var holder = way switch
        {
            { Owner: not null } => HolderWatch.OfThisNode(_views),
            { Peer: { } peer } => HolderWatch.OfPeer(_views, peer),
            _ => HolderWatch.OfWhoeverHolds(message.Key, _views, _routes),
        };
        if (holdsBack && holder.FindDowned() is { } dead)
        {
            return Task.FromResult(new AttemptAnswer(new Refused(RefusalReason.OwnershipMoving, dead.Node, _self)));
        }

        return way switch
        {
            { Owner: { } owner } => AskAsync(owner, _waits.Begin(message, owner, holder, limit, aborted)),
            { Link: { } link } => link.AskAsync(message, _waits.Begin(message, null, holder, limit, aborted)),
            _ => AskRegionAsync(message, limit, holder, aborted),
        };
    }

    private static Task<AttemptAnswer> AskAsync(IActorRef owner, ReplyWait wait)
    {
        try
        {
            owner.Tell(wait.Message, new ReplyRef(((IInternalActorRef)owner).Provider, wait));
        }
        catch (Exception fault)
        {
            wait.Fail(fault);
        }

        return wait.Task;
    }

    private async Task<AttemptAnswer> AskRegionAsync(IKeyMessage message, TimeSpan limit, HolderWatch holder, CancellationToken aborted)
    {
        using var given = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var asking = _attempt(message, limit, given.Token);
        // The attempt sees to its limit by itself, and knows then whether anything was sent.
        var wait = _waits.Begin(message, null, holder, Timeout.InfiniteTimeSpan, aborted);
        if (await Task.WhenAny(asking, wait.Task).ConfigureAwait(false) == asking)
        {
            wait.End(default);
            return new AttemptAnswer(await asking.ConfigureAwait(false));
        }

        await given.CancelAsync().ConfigureAwait(false);
        // Its answer may have come in the same moment.
        var reply = await asking.ContinueWith(
            static ended => ended.IsCompletedSuccessfully ? ended.Result : null,
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        return reply is null ? await wait.Task.ConfigureAwait(false) : new AttemptAnswer(reply);
    }

    /// <summary>The node from which no answer can come any more; null as long as one may.</summary>
    private ShardHolder? FindGone(ReplyWait wait)
    {
        // An actor answers all before it stops, so what it left unanswered for a beat after that it never got: in the very
        // moment in which a mailbox closes a message can be lost without becoming a dead letter.
        var hadStopped = wait.HasOwnerStopped;
        wait.HasOwnerStopped = wait.Owner is not null && !_local.IsLive(wait.Message.Key, wait.Owner);
        return hadStopped && wait.HasOwnerStopped ? wait.Holder.Likely : wait.Holder.FindGone();
    }

    private static Attempt AskRegion(IRequiredActor<KeyRegion> region, EdgeOptions options, TimeProvider time) =>
        async (message, limit, aborted) =>
        {
            var begun = time.GetTimestamp();
            IActorRef actor;
            try
            {
                actor = await region.GetAsync(aborted).WaitAsync(limit, time, aborted).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The region of this node is not up, so there was nobody to send anything to.
                return new Refused(RefusalReason.OwnershipMoving, options.NodeName, options.NodeName);
            }

            var left = limit - time.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
            {
                return new Refused(RefusalReason.Expired, options.NodeName, options.NodeName);
            }

            try
            {
                return await actor.Ask<KeyReply>(message, left, aborted).ConfigureAwait(false);
            }
            catch (AskTimeoutException)
            {
                return null;
            }
        };

    private KeyReply NoAnswer(IKeyMessage message, string? holder)
    {
        _log.NoAnswer(message.Context.RequestId, message.Key.Text, holder);
        return message is IKeyCommand
            ? new OutcomeUnknown(holder, _self)
            : new Refused(RefusalReason.Expired, holder, _self);
    }

    /// <summary>Whom a request is given to. By default it is the region, which knows the way.</summary>
    /// <param name="Owner">The key's actor, which lives on this node.</param>
    /// <param name="Peer">The node that most likely has the key.</param>
    /// <param name="Link">The link to <paramref name="Peer"/>.</param>
    private readonly record struct Way(IActorRef? Owner, ShardHolder? Peer = null, AskingLink? Link = null);
}

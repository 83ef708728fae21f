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
public sealed class KeyGateway : IKeyGateway
{
    private readonly ILocalKeys _local;
    private readonly Attempt _attempt;
    private readonly IClusterViewSource _views;
    private readonly string _self;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyGateway> _log;
    private readonly Func<double> _chance;
    private readonly EdgeMetrics _metrics;
    private readonly Pulse _pulse;
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
        _pulse = new Pulse(time, TimeSpan.FromMilliseconds(250));
        _routes = new ShardRoutes(views);
    }

    /// <summary>Sends a message once. Null where no answer came within <paramref name="limit"/>.</summary>
    internal delegate Task<KeyReply?> Attempt(IKeyMessage message, TimeSpan limit, CancellationToken aborted);

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
    internal ValueTask<LinkAnswer> ServeHereAsync(IKeyMessage message) =>
        message is GetValue get && _local.TryRead(get) is { } reply ? new(new LinkAnswer(reply))
        : _local.FindActor(message.Key) is { } owner ? new(ServeHereAsync(new Way(owner), message))
        : _local.Holds(message.Key) ? new(ServeHereAsync(default, message))
        : new(new LinkAnswer(null, IsNotThere: true));

    private async Task<LinkAnswer> ServeHereAsync(Way way, IKeyMessage message)
    {
        try
        {
            return await SendWatchedAsync(way, message, message.Context.Deadline.Left(_time), CancellationToken.None).ConfigureAwait(false);
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
            // The first wait of a read is short enough to need no watch.
            var (reply, isNotThere) = await (policy.IsWrite || silences > 0
                ? SendWatchedAsync(way, message, limit, aborted)
                : SendOnceAsync(way, message, limit, aborted)).ConfigureAwait(false);
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

                return NoAnswer(message, ShardHolders.HolderOf(message.Key, _views.Current));
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

    private async Task<LinkAnswer> SendOnceAsync(Way way, IKeyMessage message, TimeSpan limit, CancellationToken aborted) => way switch
    {
        _ when limit <= TimeSpan.Zero => new(new Refused(RefusalReason.Expired, _self, _self)),
        { Owner: { } owner } => new(await AskAsync(owner, message, limit, aborted).ConfigureAwait(false)),
        { Link: { } link } => await _links.AskAsync(link, message, limit, aborted).ConfigureAwait(false),
        _ => new(await _attempt(message, limit, aborted).ConfigureAwait(false)),
    };

    private async Task<KeyReply?> AskAsync(IActorRef owner, IKeyMessage message, TimeSpan limit, CancellationToken aborted)
    {
        var asker = new ReplyRef(((IInternalActorRef)owner).Provider);
        owner.Tell(message, asker);
        try
        {
            return await asker.Reply.WaitAsync(limit, _time, aborted).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>As <see cref="SendOnceAsync"/>, but does not wait for the answer of a node that is no more, or of an actor that has stopped.</summary>
    private async Task<LinkAnswer> SendWatchedAsync(Way way, IKeyMessage message, TimeSpan limit, CancellationToken aborted)
    {
        var holder = way switch
        {
            { Owner: not null } => HolderWatch.OfThisNode(_views),
            { Peer: { } peer } => HolderWatch.OfPeer(_views, peer),
            _ => HolderWatch.OfWhoeverHolds(message.Key, _views, _routes),
        };
        if (holder.FindDowned() is { } dead)
        {
            // The region would still send to it, and a write would be of unknown outcome for nothing.
            return new(new Refused(RefusalReason.OwnershipMoving, dead.Node, _self));
        }

        using var given = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var asking = SendOnceAsync(way, message, limit, given.Token);
        var hasStopped = false;
        while (await Task.WhenAny(asking, _pulse.Next).ConfigureAwait(false) != asking)
        {
            // An actor answers all before it stops, so what it left unanswered for a beat after that it never got: in the very
            // moment in which a mailbox closes a message can be lost without becoming a dead letter.
            var hadStopped = hasStopped;
            hasStopped = way.Owner is not null && !_local.IsLive(message.Key, way.Owner);
            if ((hadStopped && hasStopped ? holder.Likely : holder.FindGone()) is { } gone)
            {
                await given.CancelAsync().ConfigureAwait(false);
                // Its answer may have come in the same moment.
                var answer = await asking.ContinueWith(
                    static ended => ended.IsCompletedSuccessfully ? ended.Result : default,
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
                return answer is { Reply: null, IsNotThere: false } && message is IKeyCommand ? new(NoAnswer(message, gone.Node)) : answer;
            }
        }

        return await asking.ConfigureAwait(false);
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
    private readonly record struct Way(IActorRef? Owner, ShardHolder? Peer = null, NodeLink? Link = null);
}

using Akka.Actor;
using Akka.Hosting;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway;

/// <summary>
/// Step 3 of a request's path: sends it to the shard region, and again where <see cref="AttemptPolicy"/> allows. A write for which no attempt ran
/// out is certainly not applied when it is refused; after a time-out nobody knows, and it is never sent again.
/// </summary>
public sealed class KeyGateway : IKeyGateway
{
    private readonly Attempt _attempt;
    private readonly IClusterViewSource _views;
    private readonly string _self;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyGateway> _log;
    private readonly Func<double> _chance;

    public KeyGateway(
        IRequiredActor<KeyRegion> region, IClusterViewSource views, EdgeOptions options, TimeProvider time, ILogger<KeyGateway> log)
        : this(AskRegion(region, options, time), views, options, time, log, Random.Shared.NextDouble)
    {
    }

    internal KeyGateway(
        Attempt attempt, IClusterViewSource views, EdgeOptions options, TimeProvider time, ILogger<KeyGateway> log, Func<double> chance)
    {
        _attempt = attempt;
        _views = views;
        _self = options.NodeName;
        _time = time;
        _log = log;
        _chance = chance;
    }

    /// <summary>Sends a message once. Null where no answer came within <paramref name="limit"/>.</summary>
    internal delegate Task<KeyReply?> Attempt(IKeyMessage message, TimeSpan limit, CancellationToken aborted);

    /// <inheritdoc/>
    public async ValueTask<KeyReply> SendAsync(IKeyMessage message, CancellationToken aborted)
    {
        ArgumentNullException.ThrowIfNull(message);
        var deadline = message.Context.Deadline;
        var policy = new AttemptPolicy(message is IKeyCommand, deadline.Left(_time));
        var refusals = 0;
        while (true)
        {
            var reply = await _attempt(message, policy.LimitOf(deadline.Left(_time)), aborted).ConfigureAwait(false);
            if (reply is null)
            {
                if (policy.MayResendAfterTimeout(deadline.Left(_time)))
                {
                    continue;
                }

                return NoAnswer(message);
            }

            if (reply is not Refused refused)
            {
                return reply;
            }

            if (policy.DelayAfterRefusal(++refusals, deadline.Left(_time), _chance()) is not { } delay)
            {
                _log.RefusalStands(message.Context.RequestId, message.Key.Text, refused.Reason, refusals);
                return reply;
            }

            await Task.Delay(delay, _time, aborted).ConfigureAwait(false);
        }
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

    private KeyReply NoAnswer(IKeyMessage message)
    {
        var holder = ShardHolders.HolderOf(message.Key, _views.Current);
        _log.NoAnswer(message.Context.RequestId, message.Key.Text, holder);
        return message is IKeyCommand
            ? new OutcomeUnknown(holder, _self)
            : new Refused(RefusalReason.Expired, holder, _self);
    }
}

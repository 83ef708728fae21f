using Akka.Actor;
using KvStore.Node.Diagnostics;

namespace KvStore.Node.Ownership;

/// <content>What happens when the store knows this node no more.</content>
public sealed partial class OwnershipActor
{
    /// <summary>
    /// Somebody removed this node's row, taking it for dead: nothing that it held counts any more. It goes on counting from
    /// where it was, since a node that slept meanwhile may remember one of its counters as one that stood still.
    /// </summary>
    private void RegisterAgain()
    {
        _node.Log.RowGone();
        DropAll();
        _isRenewing = true;
        RegisterAsync(_node, (_directory?.MyCounter ?? 0) + 1).PipeTo(Self);
    }

    private static async Task<Registered> RegisterAsync(OwnershipContext node, long counter)
    {
        try
        {
            await node.Store.RegisterAsync(node.Self with { Counter = counter }, CancellationToken.None).ConfigureAwait(false);
            return new Registered(null);
        }
        catch (Exception fault)
        {
            return new Registered(fault);
        }
    }

    private void OnRegistered(Registered registered)
    {
        _isRenewing = false;
        if (registered.Fault is { } fault)
        {
            _node.Log.RenewalFailed(isValid: false, fault);
            AnswerRenewalWaiters();
            ScheduleRenewal(soon: true);
        }
        else if (_hasEnded)
        {
            // It left while this was under way: then it takes its row back.
            GiveUpAsync(_node).PipeTo(Self, success: () => RenewalDone.Instance, failure: _ => RenewalDone.Instance);
        }
        else
        {
            Renew();
        }
    }

    private sealed record Registered(Exception? Fault) : INoSerializationVerificationNeeded;
}

using Akka.Actor;
using KvStore.Http.Telemetry;
using KvStore.Messages.Protocol;
using KvStore.Node.Keys;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;

namespace KvStore.Node.Listing;

/// <summary>
/// Answers, once per node, what is asked of a node rather than of a key: pages of a listing from the store, and how the node
/// is. Pages are read past the key actors, so that a listing wakes none of them.
/// </summary>
public sealed class NodeActor : ReceiveActor
{
    private readonly string _nodeName;
    private readonly IKeyStore _store;
    private readonly LiveKeys _liveKeys;
    private readonly LeaseTable _leases;
    private readonly GroupCommitWriter _writer;
    private readonly RequestLoad _load;

    public NodeActor(
        string nodeName, IKeyStore store, LiveKeys liveKeys, LeaseTable leases, GroupCommitWriter writer, RequestLoad load, TimeProvider time)
    {
        (_nodeName, _store, _liveKeys, _leases, _writer, _load) = (nodeName, store, liveKeys, leases, writer, load);
        Receive<ListPages>(ask =>
        {
            if (!ask.Context.Deadline.IsPast(time))
            {
                ReadAsync(ask).PipeTo(Sender, ActorRefs.NoSender);
            }
        });
        Receive<GetNodeStatus>(_ => Sender.Tell(Status(), ActorRefs.NoSender));
    }

    private async Task<ListReply> ReadAsync(ListPages ask)
    {
        try
        {
            return new PagesListed(await _store.ReadPagesAsync(ask).ConfigureAwait(false), _nodeName);
        }
        catch (StoreUnavailableException fault)
        {
            return new ListingFailed(fault.Message, _nodeName);
        }
    }

    private NodeStatus Status() =>
        new(_nodeName, _liveKeys.Count, _leases.HeldShards, _leases.IsNodeValid, _writer.QueuedRows, _writer.Commits, _load.Counts);
}

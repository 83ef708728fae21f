using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway;

/// <summary>Asks the node actors of the cluster. Null is the answer of a node that gave none in time.</summary>
internal interface INodeActors
{
    Task<ListReply?> ListAsync(string akkaAddress, ListPages request, TimeSpan limit, CancellationToken cancelled);

    Task<NodeStatus?> StatusAsync(string akkaAddress, TimeSpan limit, CancellationToken cancelled);
}

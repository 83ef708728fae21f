using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Messages.Routing;

namespace KvStore.Http.Gateway;

internal sealed class NodeActors(ActorSystem system) : INodeActors
{
    public Task<ListReply?> ListAsync(string akkaAddress, ListPages request, TimeSpan limit, CancellationToken cancelled) =>
        AskAsync<ListReply>(akkaAddress, request, limit, cancelled);

    public Task<NodeStatus?> StatusAsync(string akkaAddress, TimeSpan limit, CancellationToken cancelled) =>
        AskAsync<NodeStatus>(akkaAddress, GetNodeStatus.Instance, limit, cancelled);

    private async Task<T?> AskAsync<T>(string akkaAddress, object message, TimeSpan limit, CancellationToken cancelled)
        where T : class
    {
        try
        {
            var node = system.ActorSelection($"{akkaAddress}/user/{KeyRegion.NodeActorName}");
            return await node.Ask<T>(message, limit, cancelled).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}

using Akka.Actor;
using KvStore.Messages.Protocol;
using ClusterExtension = Akka.Cluster.Cluster;

namespace KvStore.Node.Cluster.Allocation;

/// <summary>Hears on the coordinator's node which members are about to leave, and tells them how far they are.</summary>
public sealed class ShardMoves : ReceiveActor
{
    /// <summary>Its name, below <c>/user</c> of each node.</summary>
    public const string Name = "shard-moves";

    public ShardMoves(LeavingMembers leaving)
    {
        ArgumentNullException.ThrowIfNull(leaving);
        var cluster = ClusterExtension.Get(Context.System);
        Receive<MoveMyShards>(_ =>
        {
            var member = Sender.Path.Address.HasLocalScope ? cluster.SelfAddress : Sender.Path.Address;
            var left = leaving.Asked(member);
            Sender.Tell(new ShardsLeft(cluster.Staying(leaving).Any() ? left : 0), ActorRefs.NoSender);
        });
    }
}

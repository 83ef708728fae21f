using Akka.Actor;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// The other end of a <see cref="NodeLink"/>: does what other nodes ask of the keys of this one, and takes in what they answer.
/// </summary>
public sealed class KeyLinkActor : ReceiveActor
{
    /// <summary>Its name, below <c>/user</c> of each node.</summary>
    public const string Name = "key-link";

    private readonly Dictionary<Address, NodeLink> _askers = [];
    private readonly KeyGateway _gateway;

    public KeyLinkActor(NodeLinks links, KeyGateway gateway)
    {
        ArgumentNullException.ThrowIfNull(links);
        _gateway = gateway;
        var (self, system) = (Self, (ExtendedActorSystem)Context.System);
        links.Open(address => new NodeLink(system.Provider.ResolveActorRef($"{address}/user/{Name}"), self));
        Receive<KeyBatch>(batch =>
        {
            foreach (var (id, message) in batch.Entries)
            {
                if (message is IKeyMessage request)
                {
                    Serve(id, request, LinkTo(Sender));
                }
                else
                {
                    links.Answered(id, (KeyReply?)message);
                }
            }
        });
    }

    private void Serve(long id, IKeyMessage request, NodeLink asker)
    {
        var serving = _gateway.ServeHereAsync(request);
        if (serving.IsCompletedSuccessfully)
        {
            Answer(asker, id, serving.Result);
        }
        else
        {
            _ = AnswerLaterAsync(asker, id, serving);
        }
    }

    private static async Task AnswerLaterAsync(NodeLink asker, long id, ValueTask<LinkAnswer> serving) =>
        Answer(asker, id, await serving.ConfigureAwait(false));

    private static void Answer(NodeLink asker, long id, LinkAnswer answer)
    {
        if (answer.IsNotThere || answer.Reply is not null)
        {
            asker.Send(id, answer.Reply);
        }
    }

    /// <summary>To the very actor that asked: one that was started anew at that address did not.</summary>
    private NodeLink LinkTo(IActorRef asker)
    {
        if (!_askers.TryGetValue(asker.Path.Address, out var link) || !link.Peer.Equals(asker))
        {
            _askers[asker.Path.Address] = link = new NodeLink(asker, Self);
        }

        return link;
    }
}

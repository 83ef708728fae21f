using Akka.Actor;
using KvStore.Messages.Protocol;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// The other end of a <see cref="NodeLink"/>: does what other nodes ask of the keys of this one, and takes in what they answer.
/// It also finds the other ends. A link leads to one incarnation of a node: what was meant for a process that is gone must not
/// be done by another one that has its address, and a node of a release without links is never found.
/// </summary>
public sealed class KeyLinkActor : ReceiveActor
{
    /// <summary>
    /// A node that did not answer, or is just gone, is not looked for before this. What is sent to the bare address of a node that
    /// was taken out opens a connection anew, and all that still goes there waits for that, instead of being refused at once.
    /// </summary>
    private static readonly TimeSpan SeekPause = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Address, NodeLink> _askers = [];
    private readonly Dictionary<string, NodeLink> _found = [];
    private readonly Dictionary<string, long> _soughtAt = [];
    private readonly NodeLinks _links;
    private readonly KeyGateway _gateway;
    private readonly TimeProvider _time;

    public KeyLinkActor(NodeLinks links, KeyGateway gateway, TimeProvider time, ILogger<KeyLinkActor> log)
    {
        ArgumentNullException.ThrowIfNull(links);
        (_links, _gateway, _time) = (links, gateway, time);
        var self = Self;
        links.Start(address => self.Tell(new Seek(address), ActorRefs.NoSender));
        Receive<Seek>(OnSeek);
        Receive<ActorIdentity>(OnFound);
        Receive<Terminated>(OnGone);
        Receive<KeyBatch>(batch =>
        {
            foreach (var fault in batch.Faults)
            {
                log.BatchEntryUnread(Sender.Path.Address.ToString(), fault);
            }

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

    /// <summary>Its name, below <c>/user</c>. A node of another store, which may get the address of one of ours, has another.</summary>
    public static string NameOf(Guid storeId) => $"key-link-{storeId:N}";

    private void OnSeek(Seek sought)
    {
        if (_found.ContainsKey(sought.Address)
            || (_soughtAt.TryGetValue(sought.Address, out var at) && _time.GetElapsedTime(at) < SeekPause))
        {
            return;
        }

        _soughtAt[sought.Address] = _time.GetTimestamp();
        Context.ActorSelection($"{sought.Address}/user/{Self.Path.Name}").Tell(new Identify(sought.Address));
    }

    private void OnFound(ActorIdentity identity)
    {
        if (identity is { Subject: { } peer, MessageId: string address } && !_found.ContainsKey(address))
        {
            var link = new NodeLink(peer, Self);
            _found[address] = link;
            _soughtAt.Remove(address);
            Context.Watch(peer);
            _links.Open(address, link);
        }
    }

    private void OnGone(Terminated gone)
    {
        _askers.Remove(gone.ActorRef.Path.Address);
        foreach (var (address, link) in _found.Where(found => found.Value.Peer.Equals(gone.ActorRef)).ToList())
        {
            _found.Remove(address);
            _soughtAt[address] = _time.GetTimestamp();
            _links.Close(address, link);
        }
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

    private static async Task AnswerLaterAsync(NodeLink asker, long id, ValueTask<AttemptAnswer> serving) =>
        Answer(asker, id, await serving.ConfigureAwait(false));

    private static void Answer(NodeLink asker, long id, AttemptAnswer answer)
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

    private sealed record Seek(string Address) : INoSerializationVerificationNeeded;
}

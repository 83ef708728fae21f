using System.Collections.Concurrent;
using System.Net.Sockets;
using Akka.Actor;
using KvStore.Messages.Protocol;
using KvStore.Messages.Wire;
using Microsoft.Extensions.Logging;

namespace KvStore.Http.Gateway.Links;

/// <summary>
/// Finds the other ends of links, and is found by them. Both ways begin by remoting: who seeks a link asks this actor of the other
/// node, which says at which port, and by which token, it takes one in (<see cref="LinkListener"/>). A link leads to one incarnation
/// of a node: what was meant for a process that is gone must not be done by another one that has its address. A node of a release
/// without such links has no actor of this name, and is never found.
/// </summary>
public sealed class NodeLinkActor : ReceiveActor
{
    /// <summary>
    /// A node that did not answer, or is just gone, is not looked for before this. What is sent to the bare address of a node that
    /// was taken out opens a connection anew, and all that still goes there waits for that, instead of being refused at once.
    /// </summary>
    private static readonly TimeSpan SeekPause = TimeSpan.FromSeconds(5);

    private const string ThisNodeEnds = "this node ends";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Found> _found = [];
    private readonly Dictionary<string, long> _soughtAt = [];
    private readonly HashSet<string> _silentAbout = [];
    private readonly ConcurrentDictionary<NodeLink, bool> _takenIn = new();
    private readonly NodeLinks _links;
    private readonly BatchFrames _frames;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeLinkActor> _log;
    private readonly LinkListener? _listener;
    private volatile bool _isStopped;

    public NodeLinkActor(NodeLinks links, KeyGateway gateway, NodeLinkOptions options, TimeProvider time, ILogger<NodeLinkActor> log)
    {
        ArgumentNullException.ThrowIfNull(links);
        ArgumentNullException.ThrowIfNull(options);
        (_links, _time, _log) = (links, time, log);
        _frames = new BatchFrames(time, options.MaxFrameBytes);
        var requests = new LinkedRequests(gateway, log);
        try
        {
            _listener = new LinkListener(options.Listen, (stream, peer) => ServeAsync(stream, peer, requests), log);
        }
        catch (SocketException fault)
        {
            // Seen to at the start (a port in use); what happens between then and now costs others speed, and this node nothing.
            log.NoLinksTakenIn(options.Listen.ToString(), fault.Message);
        }

        var self = Self;
        links.Start(address => self.Tell(new Seek(address), ActorRefs.NoSender));
        Receive<Seek>(OnSeek);
        Receive<ActorIdentity>(found => found.Subject?.Tell(SeekLink.Instance));
        Receive<SeekLink>(_ =>
        {
            if (_listener is not null)
            {
                Sender.Tell(new LinkOffer(_listener.Port, _listener.Token));
            }
        });
        Receive<LinkOffer>(OnOffer);
        Receive<Connected>(OnConnected);
        Receive<NotConnected>(OnNotConnected);
        Receive<Terminated>(OnGone);
        Receive<Ended>(OnEnded);
    }

    /// <summary>Its name, below <c>/user</c>. A node of another store, which may get the address of one of ours, has another.</summary>
    public static string NameOf(Guid storeId) => $"node-link-{storeId:N}";

    protected override void PostStop()
    {
        _listener?.Dispose();
        _isStopped = true;
        foreach (var found in _found.Values)
        {
            found.Link?.Close(ThisNodeEnds);
        }

        foreach (var link in _takenIn.Keys)
        {
            link.Close(ThisNodeEnds);
        }
    }

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

    private void OnOffer(LinkOffer offer)
    {
        var address = Sender.Path.Address;
        if (address.Host is { } host && _found.TryAdd(address.ToString(), new Found(Sender, null)))
        {
            ConnectAsync(Sender, host, offer).PipeTo(Self, ActorRefs.NoSender);
        }
    }

    private async Task<object> ConnectAsync(IActorRef peer, string host, LinkOffer offer)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            using var limit = new CancellationTokenSource(ConnectLimit);
            await socket.ConnectAsync(host, offer.Port, limit.Token).ConfigureAwait(false);
            LinkSockets.Prepare(socket);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await LinkHandshake.AskAsync(stream, offer.Token, limit.Token).ConfigureAwait(false);
            ObjectDisposedException.ThrowIf(_isStopped, this);
            return new Connected(peer, new AskingLink(stream, _frames, peer.Path.Address.ToString(), _log));
        }
        catch (Exception fault)
        {
            // Whatever it was: the next try may go well, and a link that is "being connected" forever would never be tried again.
            socket?.Dispose();
            return new NotConnected(peer, host, offer.Port, fault.Message);
        }
    }

    private void OnConnected(Connected connected)
    {
        var address = connected.Link.Address;
        _log.LinkOpened(address);
        _silentAbout.Remove(address);
        _found[address] = new Found(connected.Peer, connected.Link);
        _soughtAt.Remove(address);
        Context.Watch(connected.Peer);
        RunAsync(connected.Peer, connected.Link).PipeTo(Self, ActorRefs.NoSender);
    }

    private async Task<Ended> RunAsync(IActorRef peer, AskingLink link)
    {
        await _links.RunAsync(link).ConfigureAwait(false);
        return new Ended(peer, link);
    }

    private void OnNotConnected(NotConnected failed)
    {
        var address = failed.Peer.Path.Address.ToString();
        // Where a firewall lets nobody through it is told once, and not with each try.
        _log.NoLink(_silentAbout.Add(address) ? LogLevel.Warning : LogLevel.Debug, address, failed.Host, failed.Port, failed.Fault);
        Forget(address);
    }

    private void OnGone(Terminated gone)
    {
        if (_found.GetValueOrDefault(gone.ActorRef.Path.Address.ToString()) is { Link: { } link } found && found.Peer.Equals(gone.ActorRef))
        {
            link.Close("the other node is gone");
        }
    }

    private void OnEnded(Ended ended)
    {
        // After a restart of this actor it may be one of the time before.
        if (_found.GetValueOrDefault(ended.Link.Address)?.Link == ended.Link)
        {
            Context.Unwatch(ended.Peer);
            Forget(ended.Link.Address);
        }
    }

    private void Forget(string address)
    {
        _found.Remove(address);
        _soughtAt[address] = _time.GetTimestamp();
    }

    private async Task ServeAsync(Stream stream, string peer, LinkedRequests requests)
    {
        var link = new NodeLink(stream, _frames, peer, _log);
        _takenIn[link] = true;
        if (_isStopped)
        {
            link.Close(ThisNodeEnds);
        }

        await link.RunAsync(entry => requests.Serve(link, entry)).ConfigureAwait(false);
        _takenIn.TryRemove(link, out _);
    }

    /// <param name="Link">Null as long as it is being connected.</param>
    private sealed record Found(IActorRef Peer, AskingLink? Link);

    private sealed record Seek(string Address) : INoSerializationVerificationNeeded;

    private sealed record Connected(IActorRef Peer, AskingLink Link) : INoSerializationVerificationNeeded;

    private sealed record NotConnected(IActorRef Peer, string Host, int Port, string Fault) : INoSerializationVerificationNeeded;

    private sealed record Ended(IActorRef Peer, AskingLink Link) : INoSerializationVerificationNeeded;
}

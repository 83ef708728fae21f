using System.Collections.Immutable;
using Akka.Actor;
using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Http.Support;

internal static class Edges
{
    public const string Self = "node-a";
    public const string Other = "node-b";
    public const string SelfAddress = "akka.tcp://kvstore@a:4053";
    public const string OtherAddress = "akka.tcp://kvstore@b:4053";

    public static RequestContext Context(TimeProvider time, TimeSpan limit) => new("request-1", Deadline.After(limit, time));

    public static RequestContext Context() => Context(TimeProvider.System, TimeSpan.FromSeconds(10));

    /// <summary>A view whose shards are held in turn by each of <paramref name="holders"/>, null for nobody.</summary>
    public static ClusterView View(int shards, params string?[] holders) => new(
        new NodeView(Self, SelfAddress, "http://a:7000"),
        [Member(Self, SelfAddress), Member(Other, OtherAddress)],
        [.. Enumerable.Range(0, shards).Select(shard => Shard(shard, holders[shard % holders.Length]))]);

    private static MemberView Member(string name, string address) => new(name, address, $"http://{name}:7000", "Up", [], Reachable: true);

    private static ShardView Shard(int shard, string? holder) =>
        new(shard, holder, holder switch { null => null, Self => SelfAddress, _ => OtherAddress }, Epoch: holder is null ? 0 : 1);
}

internal sealed class FixedView(ClusterView view) : IClusterViewSource
{
    public ClusterView Current { get; set; } = view;

    public ValueTask<ClusterView> RefreshAsync(CancellationToken cancelled) => ValueTask.FromResult(Current);
}

/// <summary>A node with the keys of which it gives an answer or an actor.</summary>
internal sealed class FixedLocalKeys(Func<GetValue, KeyReply?>? answer = null, Func<Key, IActorRef?>? actor = null) : ILocalKeys
{
    public KeyReply? TryRead(Key key, Precondition precondition) =>
        TryRead(new GetValue(key, precondition, AllowStale: false, Edges.Context(TimeProvider.System, TimeSpan.Zero)));

    public KeyReply? TryRead(GetValue request) => answer?.Invoke(request);

    public IActorRef? FindActor(Key key) => HasStopped ? null : actor?.Invoke(key);

    public bool IsLive(Key key, IActorRef asked) => !HasStopped;

    public bool Holds(Key key) => actor?.Invoke(key) is not null;

    public bool HasStopped { get; set; }
}

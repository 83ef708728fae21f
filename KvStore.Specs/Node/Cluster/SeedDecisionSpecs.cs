using KvStore.Node.Cluster;
using KvStore.Node.Config;
using KvStore.Node.Ownership;
using KvStore.Node.Storage;
using KvStore.Specs.Contracts;

namespace KvStore.Specs.Node.Cluster;

/// <summary>On a real store, which two nodes have opened.</summary>
public sealed class SeedDecisionSpecs : IAsyncLifetime
{
    private const int Shards = 16;
    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(1);
    private static readonly MembershipOptions FirstSeed = new() { Hostname = "me", Port = 4053, SeedNodes = ["me:4053", "other:4053"] };
    private static readonly NodeRow Me = Row("me");
    private static readonly NodeRow Other = Row("other");

    private readonly SqliteHarness _harness = new();
    private IKeyStore _mine = null!;
    private IKeyStore _theirs = null!;

    public async Task InitializeAsync()
    {
        var options = new StorageOptions { ConnectionString = await _harness.CreateAsync(), LeaseTtl = Ttl };
        (_mine, _theirs) = (_harness.New(options, Shards), _harness.New(options, Shards));
        await _mine.OpenAsync(default);
        await _theirs.OpenAsync(default);
        await _mine.RegisterAsync(Me, default);
        await _theirs.RegisterAsync(Other, default);
    }

    public async Task DisposeAsync()
    {
        await _mine.DisposeAsync();
        await _theirs.DisposeAsync();
        await _harness.DisposeAsync();
    }

    [Fact]
    public async Task Where_nobody_holds_a_shard_the_first_seed_forms_a_cluster() => Assert.True(await MayFormAsync(FirstSeed));

    [Fact]
    public async Task Where_another_node_holds_shards_and_renews_it_forms_none()
    {
        await TheyAcquireAsync();
        using var stop = new CancellationTokenSource();
        var renewing = RenewAsync(stop.Token);
        Assert.False(await MayFormAsync(FirstSeed));
        await stop.CancelAsync();
        await renewing;
    }

    [Fact]
    public async Task Where_another_node_is_a_member_and_renews_it_forms_none_though_nobody_holds_a_shard()
    {
        await _theirs.AnnounceAsync(Other.NodeId, "http://other");
        using var stop = new CancellationTokenSource();
        var renewing = RenewAsync(stop.Token);
        Assert.False(await MayFormAsync(FirstSeed));
        await stop.CancelAsync();
        await renewing;
    }

    [Fact]
    public async Task Where_another_node_renews_and_is_in_no_cluster_either_it_forms_one()
    {
        using var stop = new CancellationTokenSource();
        var renewing = RenewAsync(stop.Token);
        Assert.True(await MayFormAsync(FirstSeed));
        await stop.CancelAsync();
        await renewing;
    }

    [Fact]
    public async Task Where_the_holders_do_not_renew_any_more_it_forms_one_after_their_ttl()
    {
        await TheyAcquireAsync();
        var begun = BootClock.Instance.GetTimestamp();
        Assert.True(await MayFormAsync(FirstSeed));
        Assert.InRange(BootClock.Instance.GetElapsedTime(begun), Ttl * TakeoverRule.WaitedShareOfTtl, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Where_the_process_of_the_holder_is_known_to_be_gone_it_does_not_wait()
    {
        await TheyAcquireAsync();
        await _theirs.DisposeAsync();
        Assert.True(_mine.IsKnownDead(Other.NodeId));
        Assert.True(await MayFormAsync(FirstSeed));
    }

    [Fact]
    public async Task Any_other_node_is_left_to_Akka_which_lets_it_form_none()
    {
        await TheyAcquireAsync();
        Assert.True(await MayFormAsync(new MembershipOptions { Hostname = "me", Port = 4053, SeedNodes = ["other:4053", "me:4053"] }));
        Assert.True(await MayFormAsync(new MembershipOptions { Hostname = "me", Port = 4053 }));
    }

    [Fact]
    public async Task Without_its_own_row_it_forms_none()
    {
        await TheyAcquireAsync();
        await _mine.UnregisterAsync(Me.NodeId);
        Assert.False(await MayFormAsync(FirstSeed));
    }

    [Fact]
    public void A_node_that_may_form_none_is_the_last_of_its_seeds()
    {
        Assert.Equal(
            ["akka.tcp://kvstore@me:4053", "akka.tcp://kvstore@other:4053"], SeedDecision.SeedNodes(FirstSeed, mayForm: true));
        Assert.Equal(
            ["akka.tcp://kvstore@other:4053", "akka.tcp://kvstore@me:4053"], SeedDecision.SeedNodes(FirstSeed, mayForm: false));
    }

    private static NodeRow Row(string name) => new(name, name, $"akka.tcp://kvstore@{name}:4053", "", 0, Ttl);

    private Task<bool> MayFormAsync(MembershipOptions cluster) => SeedDecision.MayFormAsync(_mine, Me, cluster, BootClock.Instance, default);

    private async Task TheyAcquireAsync() =>
        Assert.IsType<AcquireResult.Acquired>(await _theirs.AcquireAsync(new AcquireRequest(3, Other.NodeId, null, -1)));

    private async Task RenewAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await _theirs.RenewAsync(Other.NodeId);
            await Task.Delay(Ttl / 10, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

using KvStore.Http;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Http.Telemetry;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace KvStore.Specs.Http.Gateway;

public sealed class KeyGatewaySpecs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly Key SomeKey = Key.Parse("a");
    private static readonly KeyReply Moving = new Refused(RefusalReason.OwnershipMoving, null, Edges.Other);
    private static readonly KeyReply Done = new Stored(new KeyVersion(1), null, Edges.Other);

    private readonly FakeTimeProvider _time = new();
    private FixedLocalKeys _local = new();
    private readonly FixedView _view = new(Edges.View(4, Edges.Other));
    private CancellationToken _given;
    private readonly List<(IKeyMessage Message, TimeSpan Limit)> _sent = [];

    [Fact]
    public async Task What_this_node_can_read_by_itself_is_sent_nowhere()
    {
        var found = new Found(new KeyVersion(3), JsonText.Of("3"), Stale: false, Edges.Self);
        _local = new FixedLocalKeys(_ => found);

        Assert.Same(found, await SendAsync(Get()));
        Assert.Empty(_sent);

        Assert.Same(Done, await SendAsync(Put(), Done));
        Assert.Single(_sent);
    }

    [Fact]
    public async Task A_refused_write_is_sent_again_because_nothing_happened()
    {
        var reply = await SendAsync(Put(), Moving, Moving, Done);
        Assert.Same(Done, reply);
        Assert.Equal(3, _sent.Count);
        Assert.Single(_sent.Select(attempt => attempt.Message.Context.Deadline).Distinct());
    }

    [Fact]
    public async Task The_refusal_that_stands_when_the_time_is_over_is_the_answer()
    {
        var last = await SendAsync(
            Put(), attempt => Task.FromResult<KeyReply?>(new Refused(RefusalReason.StoreUnavailable, null, $"n{attempt}")));
        Assert.Equal($"n{_sent.Count}", last.Node);
        Assert.IsType<Refused>(last);

        // 10 s in steps of at most 250 ms.
        Assert.True(_sent.Count >= 40, $"{_sent.Count} attempts");
        Assert.True(_sent.All(attempt => attempt.Limit >= AttemptPolicy.ShortestAttempt));
    }

    [Fact]
    public async Task A_write_without_an_answer_is_unknown_and_never_sent_again()
    {
        var reply = await SendAsync(Put(), attempt => attempt == 1 ? Silence() : Task.FromResult<KeyReply?>(Done));
        Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), reply);
        Assert.Equal(Limit, Assert.Single(_sent).Limit);
    }

    [Fact]
    public async Task A_write_that_was_refused_and_then_got_no_answer_is_unknown()
    {
        var reply = await SendAsync(Put(), attempt => attempt == 1 ? Task.FromResult<KeyReply?>(Moving) : Silence());
        Assert.IsType<OutcomeUnknown>(reply);
        Assert.Equal(2, _sent.Count);
    }

    [Fact]
    public async Task A_read_without_an_answer_is_sent_again_inside_its_time()
    {
        KeyReply found = new Found(new KeyVersion(1), JsonText.Of("1"), false, Edges.Other);
        var reply = await SendAsync(Get(), attempt => attempt == 1 ? Silence() : Task.FromResult<KeyReply?>(found));
        Assert.Same(found, reply);
        Assert.Equal([AttemptPolicy.FirstReadLimit, AttemptPolicy.FirstReadLimit * 2], _sent.Select(attempt => attempt.Limit));
    }

    [Fact]
    public async Task A_read_that_never_gets_an_answer_is_refused_and_names_the_holder()
    {
        var reply = await SendAsync(Get(), _ => Silence());
        Assert.Equal(new Refused(RefusalReason.Expired, Edges.Other, Edges.Self), reply);
        Assert.Equal(5, _sent.Count);
    }

    [Fact]
    public async Task A_write_to_a_node_that_died_is_unknown_as_soon_as_the_cluster_takes_it_out()
    {
        var reply = await SendAsync(Put(), async _ =>
        {
            var members = _view.Current.Members;
            _view.Current = _view.Current with { Members = [members[0], members[1] with { Status = "Down" }] };

            // No clock ends this, only who gives the wait up.
            await Task.Delay(Timeout.InfiniteTimeSpan, _given);
            return null;
        });
        Assert.Equal(new OutcomeUnknown(Edges.Other, Edges.Self), reply);
        Assert.Single(_sent);
    }

    [Fact]
    public async Task A_write_is_kept_back_while_its_holder_is_downed_and_not_removed()
    {
        var (begun, alive) = (_time.GetTimestamp(), _view.Current);
        BecomeDown();
        using var removal = _time.CreateTimer(_ => _view.Current = alive, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        Assert.Same(Done, await SendAsync(Put(), Done));
        Assert.Single(_sent);
        Assert.InRange(_time.GetElapsedTime(begun), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task A_write_whose_holder_stays_downed_is_refused_and_was_never_sent()
    {
        BecomeDown();
        Assert.Equal(new Refused(RefusalReason.OwnershipMoving, Edges.Other, Edges.Self), await SendAsync(Put(), Done));
        Assert.Empty(_sent);
    }

    [Fact]
    public async Task A_write_to_a_node_that_left_in_good_order_goes_on_waiting_for_the_next_owner()
    {
        var begun = _time.GetTimestamp();
        var reply = await SendAsync(Put(), async _ =>
        {
            _view.Current = _view.Current with { Members = [_view.Current.Members[0]] };
            await Task.Delay(Limit / 2, _time);
            return Done;
        });
        Assert.Same(Done, reply);
        Assert.InRange(_time.GetElapsedTime(begun), Limit / 2, Limit);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Any_other_reply_is_the_answer(bool isWrite)
    {
        KeyReply busy = new Busy("full", Edges.Other);
        Assert.Same(busy, await SendAsync(isWrite ? Put() : Get(), busy));
        Assert.Single(_sent);
    }

    [Fact]
    public async Task A_caller_that_went_away_ends_the_wait()
    {
        using var aborted = new CancellationTokenSource();
        var waiting = Gateway(_ => Silence(aborted.Token)).SendAsync(Put(), aborted.Token).AsTask();
        await aborted.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    private void BecomeDown()
    {
        var members = _view.Current.Members;
        _view.Current = _view.Current with { Members = [members[0], members[1] with { Status = "Down" }] };
    }

    private PutValue Put() => new(SomeKey, JsonText.Of("1"), Precondition.None, Edges.Context(_time, Limit));

    private GetValue Get() => new(SomeKey, Precondition.None, false, Edges.Context(_time, Limit));

    /// <summary>An attempt that runs out when the fake clock reaches its limit.</summary>
    private async Task<KeyReply?> Silence(CancellationToken aborted = default)
    {
        await Task.Delay(_sent[^1].Limit, _time, aborted);
        return null;
    }

    private Task<KeyReply> SendAsync(IKeyMessage message, params KeyReply[] script) =>
        SendAsync(message, attempt => Task.FromResult<KeyReply?>(script[attempt - 1]));

    /// <summary>
    /// The clock is fake, so nothing here waits: every turn of the loop lets one timer at the most come due. Off the test's
    /// synchronization context, what waits for that timer goes on within the same turn, and no turn runs beside it.
    /// </summary>
    private Task<KeyReply> SendAsync(IKeyMessage message, Func<int, Task<KeyReply?>> answer) => Task.Run(async () =>
    {
        var sending = Gateway(answer).SendAsync(message, CancellationToken.None).AsTask();
        while (!sending.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(10));
            await Task.Yield();
        }

        return await sending;
    });

    private KeyGateway Gateway(Func<int, Task<KeyReply?>> answer)
    {
        var options = new EdgeOptions { NodeName = Edges.Self };
        return new KeyGateway(
            _local,
            (message, limit, given) =>
            {
                _given = given;
                _sent.Add((message, limit));
                return answer(_sent.Count);
            },
            new NodeLinks(),
            _view,
            options,
            new EdgeMetrics(new RequestLoad(), new NodeLinks(), options),
            _time,
            NullLogger<KeyGateway>.Instance,
            () => 0.5);
    }
}

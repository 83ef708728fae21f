using Akka.Actor;
using Akka.TestKit.Xunit2;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Gateway.Links;

/// <summary>The asking end, with the test in the place of the other node.</summary>
public sealed class NodeLinkSpecs : TestKit
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly GetValue Get = new(Key.Parse("a"), Precondition.None, AllowStale: false, Edges.Context());

    private readonly NodeLinks _links = new();
    private readonly ReplyWaits _waits = new(TimeProvider.System, _ => null);
    private readonly NodeLink _link;

    public NodeLinkSpecs() => _link = new NodeLink(TestActor, TestActor);

    [Fact]
    public void A_link_that_is_not_there_is_looked_for()
    {
        Assert.Null(_links.Find(Edges.OtherAddress));
        var sought = new List<string>();
        _links.Start(sought.Add);
        Assert.Null(_links.Find(Edges.OtherAddress));
        Assert.Equal([Edges.OtherAddress], sought);

        _links.Open(Edges.OtherAddress, _link);
        Assert.Same(_link, _links.Find(Edges.OtherAddress));
        _links.Close(Edges.OtherAddress, new NodeLink(TestActor, TestActor));
        Assert.Same(_link, _links.Find(Edges.OtherAddress));
        _links.Close(Edges.OtherAddress, _link);
        Assert.Null(_links.Find(Edges.OtherAddress));
    }

    [Fact]
    public async Task Each_request_gets_its_own_answer()
    {
        var asking = Enumerable.Range(0, 100).Select(_ => AskAsync(Get, Long)).ToList();
        var asked = new List<long>();
        while (asked.Count < asking.Count)
        {
            asked.AddRange(ExpectMsg<KeyBatch>(Long).Entries.Select(entry => entry.Id));
        }

        Assert.Distinct(asked);
        foreach (var id in asked.AsEnumerable().Reverse())
        {
            _links.Answered(id, new Stored(new KeyVersion(1 + (id - asked.Min())), null, Edges.Other));
        }

        var versions = (await Task.WhenAll(asking)).Select(answer => Assert.IsType<Stored>(answer.Reply).Version.Number);
        Assert.Equal(Enumerable.Range(1, 100).Select(number => (long)number), versions.Order());
    }

    [Fact]
    public async Task An_answer_may_say_that_the_key_is_not_there()
    {
        var asking = AskAsync(Get, Long);
        _links.Answered(ExpectMsg<KeyBatch>(Long).Entries.Single().Id, null);
        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), await asking);
    }

    [Fact]
    public async Task No_answer_in_time_is_none_and_a_late_one_is_nobodys()
    {
        Assert.Equal(new AttemptAnswer(null), await AskAsync(Get, TimeSpan.FromMilliseconds(50)));
        _links.Answered(ExpectMsg<KeyBatch>(Long).Entries.Single().Id, new Absent(Stale: false, Edges.Other));
    }

    [Fact]
    public async Task A_batch_of_large_values_fits_into_a_frame()
    {
        var put = new PutValue(Key.Parse("a"), JsonText.Of('"' + new string('x', 100_000) + '"'), Precondition.None, Edges.Context());
        var asking = Enumerable.Range(0, 20).Select(_ => AskAsync(put, Long)).ToList();
        var answered = 0;
        while (answered < asking.Count)
        {
            var batch = ExpectMsg<KeyBatch>(Long);
            Assert.InRange(batch.Entries.Length, 1, 3);
            foreach (var entry in batch.Entries)
            {
                _links.Answered(entry.Id, new Absent(Stale: false, Edges.Other));
                answered++;
            }
        }

        await Task.WhenAll(asking);
    }

    private Task<AttemptAnswer> AskAsync(IKeyMessage message, TimeSpan limit) =>
        _links.AskAsync(_link, message, _waits.Begin(message, null, default, limit, CancellationToken.None));

    protected override void AfterAll()
    {
        _waits.Dispose();
        base.AfterAll();
    }
}

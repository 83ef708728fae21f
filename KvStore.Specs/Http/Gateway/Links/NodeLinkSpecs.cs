using System.Buffers;
using System.Threading.Channels;
using KvStore.Http.Gateway;
using KvStore.Http.Gateway.Links;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;
using KvStore.Specs.Support;

namespace KvStore.Specs.Http.Gateway.Links;

/// <summary>The asking end of a link, over a real connection, with the test in the place of the other node.</summary>
public sealed class NodeLinkSpecs : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);
    private static readonly GetValue Get = new(Key.Parse("a"), Precondition.None, AllowStale: false, Edges.Context());
    private static readonly KeyReply Absent = new Absent(Stale: false, Edges.Other);

    private readonly ReplyWaits _waits = new(TimeProvider.System, _ => null);
    private readonly Channel<KeyBatchEntry> _asked = Channel.CreateUnbounded<KeyBatchEntry>();
    private AskingLink _link = null!;
    private NodeLink _other = null!;
    private Stream _here = null!;
    private Stream _there = null!;
    private Task _running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        (_here, _there) = await LinkEnd.ConnectAsync();
        (_link, _other) = (LinkEnd.Asking(_here), LinkEnd.Over(_there));
    }

    public async Task DisposeAsync()
    {
        _link.Close("end");
        _other.Close("end");
        await _running;
        _waits.Dispose();
    }

    [Fact]
    public async Task A_link_that_is_not_there_is_looked_for()
    {
        var links = new NodeLinks();
        Assert.Null(links.Find(Edges.OtherAddress));
        var sought = new List<string>();
        links.Start(sought.Add);
        Assert.Null(links.Find(Edges.OtherAddress));
        Assert.Equal([Edges.OtherAddress], sought);

        _running = links.RunAsync(_link);
        Assert.Same(_link, links.Find(Edges.OtherAddress));
        _link.Close("end");
        await _running;
        Assert.Null(links.Find(Edges.OtherAddress));
    }

    [Fact]
    public async Task Each_request_gets_its_own_answer()
    {
        Run();
        var asking = Enumerable.Range(0, 1_000).Select(_ => AskAsync(Get, Long)).ToList();
        var asked = await AskedAsync(asking.Count);
        Assert.Distinct(asked);
        foreach (var id in asked.AsEnumerable().Reverse())
        {
            _other.Answer(id, new Stored(new KeyVersion(1 + (id - asked.Min())), null, Edges.Other), isMoreToCome: false);
        }

        var versions = (await Task.WhenAll(asking)).Select(answer => Assert.IsType<Stored>(answer.Reply).Version.Number);
        Assert.Equal(Enumerable.Range(1, asking.Count).Select(number => (long)number), versions);
    }

    [Fact]
    public async Task An_answer_may_say_that_the_key_is_not_there()
    {
        Run();
        var asking = AskAsync(Get, Long);
        _other.Answer((await AskedAsync(1)).Single(), null, isMoreToCome: false);
        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), await asking);
    }

    [Fact]
    public async Task No_answer_in_time_is_none_and_a_late_one_is_nobodys()
    {
        Run();
        Assert.Equal(new AttemptAnswer(null), await AskAsync(Get, TimeSpan.FromMilliseconds(50)));
        _other.Answer((await AskedAsync(1)).Single(), Absent, isMoreToCome: false);

        var asking = AskAsync(Get, Long);
        _other.Answer((await AskedAsync(1)).Single(), Absent, isMoreToCome: false);
        Assert.Equal(new AttemptAnswer(Absent), await asking);
    }

    [Fact]
    public async Task Large_values_go_both_ways()
    {
        Run();
        var value = JsonText.Of('"' + new string('x', 1_000_000) + '"');
        var put = new PutValue(Key.Parse("a"), value, Precondition.None, Edges.Context());
        var found = new Found(new KeyVersion(1), value, Stale: false, Edges.Other);
        var asking = Enumerable.Range(0, 20).Select(_ => AskAsync(put, Long)).ToList();
        foreach (var id in await AskedAsync(asking.Count))
        {
            _other.Answer(id, found, isMoreToCome: false);
        }

        Assert.All(await Task.WhenAll(asking), answer => Assert.Equal(value.Length, Assert.IsType<Found>(answer.Reply).Value.Length));
    }

    [Fact]
    public async Task What_was_sent_when_the_link_breaks_has_no_answer_and_what_was_not_is_nowhere()
    {
        // The other end takes nothing, so that after some of these large requests the next ones wait to be sent.
        _running = _link.RunAsync();
        var put = new PutValue(Key.Parse("a"), JsonText.Of('"' + new string('x', 1_000_000) + '"'), Precondition.None, Edges.Context());
        var asking = Enumerable.Range(0, 50).Select(_ => AskAsync(put, Long)).ToList();
        await _there.ReadExactlyAsync(new byte[1]);
        await _there.DisposeAsync();

        var answers = await Task.WhenAll(asking);
        var gone = new AttemptAnswer(null, Gone: new ShardHolder(Edges.Other, Edges.OtherAddress));
        Assert.Equal(gone, answers[0]);
        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), answers[^1]);
        Assert.All(answers, answer => Assert.True(answer == gone || answer.IsNotThere));

        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), await AskAsync(Get, Long));
    }

    [Fact]
    public async Task To_an_end_that_takes_nothing_no_more_is_given_than_it_may_keep_waiting()
    {
        _running = _link.RunAsync();
        var value = JsonText.Of('"' + new string('x', 1_000_000) + '"');
        var put = new PutValue(Key.Parse("a"), value, Precondition.None, Edges.Context());
        var asking = Enumerable.Range(0, 200).Select(_ => AskAsync(put, Long)).ToList();
        var refused = asking.Count(asked => asked.IsCompletedSuccessfully && asked.Result.IsNotThere);
        // What the sockets keep comes on top.
        Assert.InRange(asking.Count - refused, NodeLink.MostUnsentBytes / value.Length, (NodeLink.MostUnsentBytes / value.Length) + 30);
    }

    [Fact]
    public async Task What_nobody_waits_for_any_more_is_not_sent()
    {
        _running = _link.RunAsync();
        var put = new PutValue(Key.Parse("a"), JsonText.Of('"' + new string('x', 1_000_000) + '"'), Precondition.None, Edges.Context());
        var expired = Enumerable.Range(0, 50).Select(_ => AskAsync(put, TimeSpan.FromMilliseconds(100))).ToList();
        Assert.All(await Task.WhenAll(expired), answer => Assert.Equal(new AttemptAnswer(null), answer));

        _running = Task.WhenAll(_running, _other.RunAsync(entry => Assert.True(_asked.Writer.TryWrite(entry))));
        var asking = AskAsync(Get, Long);
        var sent = 0;
        await foreach (var entry in _asked.Reader.ReadAllAsync())
        {
            if (entry.Message is GetValue)
            {
                _other.Answer(entry.Id, Absent, isMoreToCome: false);
                break;
            }

            sent++;
        }

        Assert.Equal(new AttemptAnswer(Absent), await asking);
        Assert.InRange(sent, 1, expired.Count / 2);
    }

    [Fact]
    public async Task Who_asks_and_takes_no_answers_is_not_read_any_more()
    {
        var found = new Found(new KeyVersion(1), JsonText.Of('"' + new string('x', 1_000_000) + '"'), Stale: false, Edges.Other);
        var served = 0;
        _running = _other.RunAsync(entry =>
        {
            Interlocked.Increment(ref served);
            _other.Answer(entry.Id, found, isMoreToCome: true);
        });
        const int Asked = 1_000;
        var requests = new ArrayBufferWriter<byte>();
        for (var i = 0; i < Asked; i++)
        {
            // In so many portions that it could stop between them.
            LinkEnd.Frames.Write(new KeyBatch([.. Enumerable.Repeat(new KeyBatchEntry(i, Get), 100)]), requests);
        }

        _ = _here.WriteAsync(requests.WrittenMemory).AsTask();
        await Eventually.HoldsAsync("it has begun", Long, () => Volatile.Read(ref served) > NodeLink.MostUnsentBytes / found.Value.Length);
        await Task.Delay(500);
        Assert.InRange(Volatile.Read(ref served), 1, 20_000);
    }

    [Fact]
    public async Task What_is_too_long_for_a_link_costs_no_other()
    {
        Run();
        var value = JsonText.Of('"' + new string('x', LinkEnd.MaxFrameBytes) + '"');
        var asking = AskAsync(Get, Long);
        var put = new PutValue(Key.Parse("a"), value, Precondition.None, Edges.Context());
        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), await AskAsync(put, Long));

        var reading = AskAsync(Get, TimeSpan.FromSeconds(1));
        foreach (var (id, isFirst) in (await AskedAsync(2)).Zip([true, false]))
        {
            _other.Answer(id, isFirst ? Absent : new Found(new KeyVersion(1), value, Stale: false, Edges.Other), isMoreToCome: false);
        }

        Assert.Equal(new AttemptAnswer(null), await reading);
        Assert.Equal(new AttemptAnswer(Absent), await asking);
    }

    [Fact]
    public async Task Bytes_that_are_no_batch_end_the_link()
    {
        Run(alsoOther: false);
        await _there.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray());
        await _running.WaitAsync(Long);
    }

    [Fact]
    public async Task An_entry_that_cannot_be_read_costs_no_other()
    {
        Run(alsoOther: false);
        var asking = AskAsync(Get, Long);
        var id = await ReadIdAsync();
        var wire = new KvStore.Messages.Wire.Proto.KeyBatch
        {
            Entries =
            {
                new KvStore.Messages.Wire.Proto.KeyBatchEntry { Id = id, Manifest = "none", Message = Google.Protobuf.ByteString.Empty },
                new KvStore.Messages.Wire.Proto.KeyBatchEntry { Id = id },
            },
        };
        var bytes = Google.Protobuf.MessageExtensions.ToByteArray(wire);
        await _there.WriteAsync((byte[])[.. BitConverter.GetBytes(bytes.Length), .. bytes]);
        Assert.Equal(new AttemptAnswer(null, IsNotThere: true), await asking);
    }

    private void Run(bool alsoOther = true)
    {
        var running = _link.RunAsync();
        _running = alsoOther ? Task.WhenAll(running, _other.RunAsync(entry => Assert.True(_asked.Writer.TryWrite(entry)))) : running;
    }

    private async Task<long> ReadIdAsync()
    {
        var received = new byte[LinkEnd.MaxFrameBytes];
        for (var count = 0; ;)
        {
            count += await _there.ReadAsync(received.AsMemory(count));
            var bytes = new ReadOnlySequence<byte>(received, 0, count);
            if (LinkEnd.Frames.TryRead(ref bytes) is { } batch)
            {
                return batch.Entries.Single().Id;
            }
        }
    }

    private async Task<List<long>> AskedAsync(int count)
    {
        using var limit = new CancellationTokenSource(Long);
        var ids = new List<long>();
        while (ids.Count < count)
        {
            ids.Add((await _asked.Reader.ReadAsync(limit.Token)).Id);
        }

        return ids;
    }

    private Task<AttemptAnswer> AskAsync(IKeyMessage message, TimeSpan limit) => _link.AskAsync(
        message, _waits.Begin(
            message, null, HolderWatch.OfPeer(new FixedView(Edges.View(1, Edges.Other)), new ShardHolder(Edges.Other, Edges.OtherAddress)),
            limit, CancellationToken.None));
}

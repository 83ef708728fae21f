using KvStore.Http.Responses;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Specs.Http.Support;

namespace KvStore.Specs.Http.Responses;

public sealed class ReplyMappingSpecs
{
    private static readonly Key SomeKey = Key.Parse("a b/é");
    private static readonly KeyVersion Three = new(3);
    private static readonly IKeyMessage Put = new PutValue(SomeKey, JsonText.Of("1.0"), Precondition.None, Edges.Context());
    private static readonly IKeyMessage Get = new GetValue(SomeKey, Precondition.None, false, Edges.Context());

    [Fact]
    public void A_put_gives_back_what_was_sent()
    {
        var answer = Map(Put, new Stored(Three, null, "n"));
        Assert.Equal((200, "n", Three, true), (answer.Status, answer.Node, answer.Version!.Value, answer.IsTagged));
        Assert.Equal(JsonText.Of("1.0"), answer.Value);
        Assert.Equal("/kv/a%20b/%C3%A9", answer.ContentLocation);
    }

    [Fact]
    public void A_patch_gives_back_the_merged_value()
    {
        var patch = new PatchValue(SomeKey, PatchKind.ShallowMerge, JsonText.Of("{}"), Precondition.None, Edges.Context());
        Assert.Equal(JsonText.Of("{\"a\":1}"), Map(patch, new Stored(Three, JsonText.Of("{\"a\":1}"), "n")).Value);
    }

    [Fact]
    public void A_deleted_key_has_a_version_but_no_tag()
    {
        var answer = Map(Put, new Deleted(Three, "n"));
        Assert.Equal((204, Three, false, null), (answer.Status, answer.Version!.Value, answer.IsTagged, answer.Value));
    }

    [Theory]
    [InlineData(false, "no-cache")]
    [InlineData(true, "no-store")]
    public void Reads_are_never_cached_without_asking_and_stale_ones_not_at_all(bool stale, string caching)
    {
        var found = Map(Get, new Found(Three, JsonText.Of("1"), stale, "n"));
        var unmodified = Map(Get, new NotModified(Three, stale, "n"));
        var absent = Map(Get, new Absent(stale, "n"));
        Assert.Equal([200, 304, 404], [found.Status, unmodified.Status, absent.Status]);
        Assert.All([found, unmodified, absent], answer => Assert.Equal((caching, stale, "n"), (answer.CacheControl, answer.IsStale, answer.Node)));
        Assert.True(unmodified.IsTagged);
        Assert.Equal(KeyVersion.None, absent.Version);
    }

    [Fact]
    public void A_conflict_names_both_versions()
    {
        var answer = Map(Put, new VersionConflict(Three, new KeyVersion(2), "n"));
        Assert.Equal((409, Three, new KeyVersion(2)), (answer.Status, answer.Problem!.CurrentVersion!.Value, answer.Problem.ExpectedVersion!.Value));
        Assert.Equal("/problems/version-conflict", answer.Problem.Type);
        Assert.Equal(Three, answer.Version);
    }

    [Fact]
    public void A_failed_precondition_names_the_version_that_it_named_if_it_was_one()
    {
        Assert.Equal(Three, Map(Put, new PreconditionFailed(KeyVersion.None, Three, "n")).Problem!.ExpectedVersion);
        Assert.Null(Map(Put, new PreconditionFailed(KeyVersion.None, null, "n")).Problem!.ExpectedVersion);
        Assert.Equal(412, Map(Get, new PreconditionFailed(Three, null, "n")).Status);
    }

    [Fact]
    public void A_result_that_may_not_be_stored_is_422() => Assert.Equal(422, Map(Put, new Unprocessable("too deep", Three, "n")).Status);

    [Fact]
    public void A_full_queue_is_429_and_never_applied()
    {
        var answer = Map(Put, new Busy("1,000 writes wait", "n"));
        Assert.Equal((429, "not-applied", "n"), (answer.Status, answer.Problem!.Outcome, answer.Node));
        Assert.Contains(answer.Problem.Headers, header => header.Key == "Retry-After");
    }

    [Theory]
    [InlineData(RefusalReason.OwnershipMoving, Edges.Other)]
    [InlineData(RefusalReason.Expired, Edges.Other)]
    [InlineData(RefusalReason.LeaseNotProven, "n")]
    [InlineData(RefusalReason.Stopping, "n")]
    [InlineData(RefusalReason.NodeFull, "n")]
    [InlineData(RefusalReason.StoreUnavailable, null)]
    public void A_refusal_names_the_node_that_stands_in_the_way(RefusalReason reason, string? node)
    {
        var write = Map(Put, new Refused(reason, null, "n"));
        var read = Map(Get, new Refused(reason, "named", "n"));
        Assert.Equal((503, node, "not-applied", null), (write.Status, write.Problem!.Node, write.Problem.Outcome, write.Node));
        Assert.Equal((503, "named", null), (read.Status, read.Problem!.Node, read.Problem.Outcome));
    }

    [Fact]
    public void Every_reason_has_words_of_its_own() =>
        Assert.Distinct(Enum.GetValues<RefusalReason>().Select(reason => Map(Put, new Refused(reason, null, "n")).Problem!.Type));

    [Fact]
    public void An_unknown_outcome_says_so_and_names_whom_it_is_known_of()
    {
        var answer = Map(Put, new OutcomeUnknown("n2", "n"));
        Assert.Equal((503, "unknown", "n2", null), (answer.Status, answer.Problem!.Outcome, answer.Problem.Node, answer.Node));
        Assert.Null(Map(Put, new OutcomeUnknown(null, "n")).Problem!.Node);
    }

    private static KeyAnswer Map(IKeyMessage request, KeyReply reply) =>
        reply.Accept(new ReplyMapping(request.Key, request, Edges.View(2, Edges.Other)));
}

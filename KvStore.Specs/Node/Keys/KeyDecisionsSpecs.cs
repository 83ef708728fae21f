using CsCheck;
using KvStore.Messages.Keys;
using KvStore.Messages.Protocol;
using KvStore.Node.Keys;

namespace KvStore.Specs.Node.Keys;

public sealed class KeyDecisionsSpecs
{
    private static readonly Key Subject = Key.Parse("subject");
    private static readonly RequestContext Context = new("spec", Deadline.After(TimeSpan.FromMinutes(1), TimeProvider.System));
    private readonly KeyDecisions _decisions = new("node", maxValueBytes: 100);

    [Fact]
    public void Any_sequence_of_requests_gets_the_answers_of_the_model() =>
        KeyRequests.On(Subject, () => Context).Array[1, 40].Sample(requests =>
        {
            var model = new KeyModel();
            var state = KeyState.NoRow;
            foreach (var request in requests)
            {
                var (next, reply) = _decisions.Decide(state, request);
                Assert.Equal(model.Answer(request), KeyModel.Describe(reply));
                state = next ?? state;
            }
        });

    [Fact]
    public void Each_write_raises_the_version_by_one_and_nothing_else_does() =>
        KeyRequests.On(Subject, () => Context).Array[1, 40].Sample(requests =>
        {
            var state = KeyState.NoRow;
            foreach (var request in requests)
            {
                var (next, reply) = _decisions.Decide(state, request);
                Assert.Equal(reply is Stored or Deleted, next is not null);
                Assert.True(next is null || next.Value.StoredVersion == state.StoredVersion.Next);
                state = next ?? state;
            }
        });

    [Fact]
    public void A_key_that_is_created_again_goes_on_from_its_tombstone()
    {
        var deleted = new KeyState(new KeyVersion(7), null);

        var (next, reply) = _decisions.Decide(deleted, Put("1", Precondition.Version(KeyVersion.None)));

        Assert.Equal(new KeyVersion(8), Assert.IsType<Stored>(reply).Version);
        Assert.Equal(new KeyVersion(8), next!.Value.StoredVersion);
    }

    [Fact]
    public void A_merge_that_outgrows_the_value_limit_is_unprocessable_and_changes_nothing()
    {
        var state = new KeyState(new KeyVersion(1), JsonText.Of($$"""{"a":"{{new string('x', 60)}}"}"""));

        var (next, reply) = _decisions.Decide(
            state, new PatchValue(Subject, PatchKind.ShallowMerge, JsonText.Of($$"""{"b":"{{new string('y', 60)}}"}"""), Precondition.None, Context));

        Assert.Null(next);
        Assert.Equal(new KeyVersion(1), Assert.IsType<Unprocessable>(reply).Current);
    }

    [Fact]
    public void A_failed_header_names_the_version_that_it_named_alone()
    {
        var state = new KeyState(new KeyVersion(5), JsonText.Of("1"));

        var one = _decisions.Decide(state, Put("2", Precondition.Tags(EntityTags.Of(new KeyVersion(4)), null))).Reply;
        var two = _decisions.Decide(state, Put("2", Precondition.Tags(EntityTags.Of(new KeyVersion(4), new KeyVersion(3)), null))).Reply;

        Assert.Equal(new PreconditionFailed(new KeyVersion(5), new KeyVersion(4), "node"), one);
        Assert.Equal(new PreconditionFailed(new KeyVersion(5), null, "node"), two);
    }

    private static PutValue Put(string json, Precondition precondition) => new(Subject, JsonText.Of(json), precondition, Context);
}

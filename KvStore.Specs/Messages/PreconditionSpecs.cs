using KvStore.Messages.Keys;

namespace KvStore.Specs.Messages;

public sealed class PreconditionSpecs
{
    private static readonly KeyVersion Absent = KeyVersion.None;
    private static readonly KeyVersion Two = new(2);
    private static readonly KeyVersion Three = new(3);

    [Fact]
    public void No_guard_always_holds()
    {
        Assert.True(Precondition.None.IsNone);
        Assert.Equal(GuardVerdict.Holds, Precondition.None.Judge(Absent));
        Assert.Equal(GuardVerdict.Holds, Precondition.None.Judge(Two));
        Assert.Same(Precondition.None, Precondition.Tags(null, null));
    }

    [Fact]
    public void IfVersion_holds_for_that_version_only()
    {
        Assert.Equal(GuardVerdict.Holds, Precondition.Version(Two).Judge(Two));
        Assert.Equal(GuardVerdict.VersionConflict, Precondition.Version(Two).Judge(Three));
        Assert.Equal(GuardVerdict.VersionConflict, Precondition.Version(Two).Judge(Absent));
    }

    [Fact]
    public void IfVersion_0_holds_for_an_absent_key_only()
    {
        Assert.False(Precondition.Version(Absent).IsNone);
        Assert.Equal(GuardVerdict.Holds, Precondition.Version(Absent).Judge(Absent));
        Assert.Equal(GuardVerdict.VersionConflict, Precondition.Version(Absent).Judge(new(1)));
    }

    [Fact]
    public void IfMatch_holds_for_each_version_of_its_list()
    {
        var guard = Precondition.Tags(EntityTags.Of(Two, Three), null);
        Assert.Equal(GuardVerdict.Holds, guard.Judge(Two));
        Assert.Equal(GuardVerdict.Holds, guard.Judge(Three));
        Assert.Equal(GuardVerdict.IfMatchFailed, guard.Judge(new(4)));
    }

    [Fact]
    public void IfMatch_never_holds_for_an_absent_key_not_even_with_a_tag_of_0()
    {
        Assert.Equal(GuardVerdict.IfMatchFailed, Precondition.Tags(EntityTags.Star, null).Judge(Absent));
        Assert.Equal(GuardVerdict.IfMatchFailed, Precondition.Tags(EntityTags.Of(Absent), null).Judge(Absent));
        Assert.Equal(GuardVerdict.Holds, Precondition.Tags(EntityTags.Star, null).Judge(Two));
    }

    [Fact]
    public void An_empty_list_matches_nothing()
    {
        Assert.Equal(GuardVerdict.IfMatchFailed, Precondition.Tags(EntityTags.Of(), null).Judge(Two));
        Assert.Equal(GuardVerdict.Holds, Precondition.Tags(null, EntityTags.Of()).Judge(Two));
    }

    [Fact]
    public void IfNoneMatch_holds_where_nothing_matches()
    {
        Assert.Equal(GuardVerdict.IfNoneMatchFailed, Precondition.Tags(null, EntityTags.Of(Two)).Judge(Two));
        Assert.Equal(GuardVerdict.Holds, Precondition.Tags(null, EntityTags.Of(Two)).Judge(Three));
        Assert.Equal(GuardVerdict.IfNoneMatchFailed, Precondition.Tags(null, EntityTags.Star).Judge(Two));
        Assert.Equal(GuardVerdict.Holds, Precondition.Tags(null, EntityTags.Star).Judge(Absent));
    }

    [Fact]
    public void IfMatch_is_judged_before_IfNoneMatch()
    {
        var both = Precondition.Tags(EntityTags.Of(Two), EntityTags.Of(Two, Three));
        Assert.Equal(GuardVerdict.IfNoneMatchFailed, both.Judge(Two));
        Assert.Equal(GuardVerdict.IfMatchFailed, both.Judge(Three));
    }

    [Fact]
    public void A_single_version_is_named_where_there_is_exactly_one()
    {
        Assert.Equal(Two, EntityTags.Of(Two).Single);
        Assert.Null(EntityTags.Of().Single);
        Assert.Null(EntityTags.Of(Two, Three).Single);
        Assert.Null(EntityTags.Star.Single);
    }

    [Fact]
    public void Guards_are_equal_by_what_they_say()
    {
        Assert.Equal(Precondition.Tags(EntityTags.Of(Two), null), Precondition.Tags(EntityTags.Of(Two), null));
        Assert.Equal(EntityTags.Of(Two).GetHashCode(), EntityTags.Of(Two).GetHashCode());
        Assert.NotEqual(EntityTags.Of(Two, Three), EntityTags.Of(Three, Two));
        Assert.NotEqual(EntityTags.Of(), EntityTags.Star);
    }
}

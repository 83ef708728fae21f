using KvStore.Http.Requests;
using KvStore.Messages.Keys;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace KvStore.Specs.Http.Requests;

public sealed class GuardsSpecs
{
    [Theory]
    [InlineData("\"3\"", new long[] { 3 })]
    [InlineData(" \"3\" , \"4\"", new long[] { 3, 4 })]
    [InlineData(",, \"3\",,\"4\" ,", new long[] { 3, 4 })]
    [InlineData("\"3\",\"abc\",\"\",\"é\"", new long[] { 3 })]
    [InlineData("W/\"3\", \"4\"", new long[] { 4 })]
    [InlineData("W/\"3\"", new long[0])]
    [InlineData("\"03\", \"+3\", \"-3\", \"0\", \"9223372036854775808\"", new long[0])]
    [InlineData("\"a,b\", \"9223372036854775807\"", new[] { long.MaxValue })]
    public void If_match_compares_strongly_and_leaves_out_what_is_no_version(string header, long[] expected) =>
        Assert.Equal(expected, Read(ifMatch: header)!.IfMatch!.Versions.Select(version => version.Number));

    [Theory]
    [InlineData("W/\"3\", \"4\"", new long[] { 3, 4 })]
    [InlineData("W/\"3\"", new long[] { 3 })]
    public void If_none_match_compares_weakly(string header, long[] expected) =>
        Assert.Equal(expected, Read(ifNoneMatch: header)!.IfNoneMatch!.Versions.Select(version => version.Number));

    [Fact]
    public void Lines_of_one_header_are_one_list() =>
        Assert.Equal(EntityTags.Of(new KeyVersion(1), new KeyVersion(2)), Read(ifMatch: new StringValues(["\"1\"", "\"2\""]))!.IfMatch);

    [Fact]
    public void A_star_matches_any_version() => Assert.Equal(EntityTags.Star, Read(ifNoneMatch: " * ")!.IfNoneMatch);

    [Theory]
    [InlineData("")]
    [InlineData(" , ")]
    [InlineData("5")]
    [InlineData("\"5")]
    [InlineData("5\"")]
    [InlineData("w/\"5\"")]
    [InlineData("W/ \"5\"")]
    [InlineData("W/")]
    [InlineData("\"5\" \"6\"")]
    [InlineData("\"5\"; \"6\"")]
    [InlineData("*, \"5\"")]
    [InlineData("\"5\", *")]
    [InlineData("**")]
    [InlineData("\"a b\"")]
    public void A_malformed_header_is_never_ignored(string header)
    {
        Assert.Null(Read(ifMatch: header));
        Assert.Null(Read(ifNoneMatch: header));
    }

    [Fact]
    public void A_version_stands_alone()
    {
        Assert.Equal(Precondition.Version(new KeyVersion(0)), Read(ifVersion: 0));
        Assert.Null(Read(ifVersion: 1, ifMatch: "\"1\""));
        Assert.Null(Read(ifVersion: 1, ifNoneMatch: "*"));
    }

    [Fact]
    public void Both_headers_may_stand_together()
    {
        var both = Read(ifMatch: "*", ifNoneMatch: "\"7\"");
        Assert.Equal(EntityTags.Star, both!.IfMatch);
        Assert.Equal(new KeyVersion(7), both.IfNoneMatch!.Single);
    }

    [Fact]
    public void No_guard_is_none() => Assert.Same(Precondition.None, Read());

    private static Precondition? Read(StringValues ifMatch = default, StringValues ifNoneMatch = default, long? ifVersion = null)
    {
        var headers = new HeaderDictionary();
        if (ifMatch.Count > 0)
        {
            headers["If-Match"] = ifMatch;
        }

        if (ifNoneMatch.Count > 0)
        {
            headers["If-None-Match"] = ifNoneMatch;
        }

        var read = Guards.Read(headers, ifVersion is { } number ? new KeyVersion(number) : null).TryGet(out var precondition, out var problem);
        Assert.True(read || problem!.Status == 400);
        return read ? precondition : null;
    }
}

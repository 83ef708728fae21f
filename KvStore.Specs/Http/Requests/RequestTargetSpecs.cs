using KvStore.Http.Requests;

namespace KvStore.Specs.Http.Requests;

public sealed class RequestTargetSpecs
{
    [Theory]
    [InlineData("/kv/a", "a", "")]
    [InlineData("/kv/a/b?x=1", "a/b", "x=1")]
    [InlineData("/kv/a%2Fb?x=/kv/c", "a%2Fb", "x=/kv/c")]
    [InlineData("/kv/", "", "")]
    [InlineData("/kv//a/", "/a/", "")]
    [InlineData("/kv/?limit=1", "", "limit=1")]
    [InlineData("/kv/../cluster", "../cluster", "")]
    [InlineData("/kv/a?b?c", "a", "b?c")]
    [InlineData("/%6bv/a", "a", "")]
    [InlineData("/%6B%76/%2e", "%2e", "")]
    [InlineData("http://somewhere:80/kv/a?x", "a", "x")]
    [InlineData("HTTP://somewhere/kv/a//b", "a//b", "")]
    [InlineData("/kv/http://x/y", "http://x/y", "")]
    public void A_key_is_everything_behind_the_base_as_it_was_sent(string raw, string key, string query)
    {
        Assert.True(RequestTarget.TryRead(raw, out var target));
        Assert.Equal(new RequestTarget(key, query), target);
    }

    [Theory]
    [InlineData("/kv", "")]
    [InlineData("/kv?prefix=a/b", "prefix=a/b")]
    [InlineData("http://somewhere/kv?limit=1", "limit=1")]
    public void The_base_alone_is_the_listing(string raw, string query)
    {
        Assert.True(RequestTarget.TryRead(raw, out var target));
        Assert.Equal(new RequestTarget(null, query), target);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("/kvs/a")]
    [InlineData("/KV/a")]
    [InlineData("//kv/a")]
    [InlineData("/%zzv/a")]
    [InlineData("/cluster?x=/kv/a")]
    [InlineData("http://kv/a")]
    [InlineData("http://somewhere")]
    [InlineData("http://somewhere?x=/kv/a")]
    [InlineData("http://somewhere#/kv/a")]
    [InlineData("somewhere:443")]
    public void Anything_else_is_none_of_ours(string raw) => Assert.False(RequestTarget.TryRead(raw, out _));
}

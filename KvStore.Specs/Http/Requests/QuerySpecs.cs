using KvStore.Http.Requests;
using KvStore.Http.Responses;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Http.Requests;

public sealed class QuerySpecs
{
    [Theory]
    [InlineData("ifVersion=3")]
    [InlineData("IFVERSION=3")]
    [InlineData("if%56ersion=3&&other=%20")]
    [InlineData("utm=1&utm=2&ifVersion=3")]
    public void A_version_is_read_whatever_the_case_of_its_name(string query) =>
        Assert.Equal(new KeyQuery(new KeyVersion(3), false), ReadKey(query, "PUT").Value);

    [Theory]
    [InlineData("ifVersion=0", 0)]
    [InlineData("ifVersion=9223372036854775807", long.MaxValue)]
    public void Every_version_of_64_bits_is_one(string query, long expected) =>
        Assert.Equal(new KeyVersion(expected), ReadKey(query, "DELETE").Value.IfVersion);

    [Theory]
    [InlineData("ifVersion", "PUT")]
    [InlineData("ifVersion=", "PUT")]
    [InlineData("ifVersion=-1", "PUT")]
    [InlineData("ifVersion=+1", "PUT")]
    [InlineData("ifVersion=1.0", "PUT")]
    [InlineData("ifVersion=%201", "PUT")]
    [InlineData("ifVersion=9223372036854775808", "PATCH")]
    [InlineData("ifVersion=1&ifVersion=1", "PUT")]
    [InlineData("ifVersion=1&IfVersion=1", "PUT")]
    [InlineData("ifVersion=1", "GET")]
    [InlineData("ifVersion=1", "HEAD")]
    [InlineData("consistency=stale", "PUT")]
    [InlineData("consistency=strong", "GET")]
    [InlineData("consistency=Stale", "GET")]
    [InlineData("consistency=", "GET")]
    [InlineData("prefix=a", "GET")]
    [InlineData("limit=1", "DELETE")]
    [InlineData("x=%zz", "GET")]
    [InlineData("%ff=1", "GET")]
    public void What_means_nothing_is_refused(string query, string method) =>
        Assert.Equal(400, ReadKey(query, method).Problem?.Status);

    [Fact]
    public void Stale_reads_are_allowed_by_name() => Assert.True(ReadKey("consistency=stale", "GET").Value.AllowStale);

    [Fact]
    public void A_listing_without_parameters_gives_everything() =>
        Assert.Equal(new ListingQuery("", "", long.MaxValue, false), ReadListing("").Value);

    [Fact]
    public void A_listing_reads_all_its_parameters() =>
        Assert.Equal(
            new ListingQuery("a b/", "a b/é", 10, true),
            ReadListing("prefix=a+b/&after=a%20b%2F%C3%A9&limit=10&values=true").Value);

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=")]
    [InlineData("limit=ten")]
    [InlineData("limit=1&limit=1")]
    [InlineData("values=1")]
    [InlineData("values=")]
    [InlineData("prefix=%00")]
    [InlineData("after=%7f")]
    [InlineData("after=%ff")]
    [InlineData("ifVersion=1")]
    [InlineData("consistency=stale")]
    public void A_listing_refuses_what_means_nothing(string query) => Assert.Equal(400, ReadListing(query).Problem?.Status);

    [Fact]
    public void A_prefix_is_no_longer_than_a_key()
    {
        Assert.Null(ReadListing($"prefix={new string('a', Limits.MaxKeyBytes)}").Problem);
        Assert.Equal(400, ReadListing($"prefix={new string('a', Limits.MaxKeyBytes + 1)}").Problem?.Status);
    }

    private static (KeyQuery Value, Problem? Problem) ReadKey(string query, string method)
    {
        KeyQuery value = default;
        var read = QueryParameters.Read(query).TryGet(out var parameters, out var problem)
            && KeyQuery.Read(parameters, method).TryGet(out value, out problem);
        return (value, read ? null : problem);
    }

    private static (ListingQuery? Value, Problem? Problem) ReadListing(string query)
    {
        ListingQuery? value = null;
        var read = QueryParameters.Read(query).TryGet(out var parameters, out var problem)
            && ListingQuery.Read(parameters, "GET", maxLimit: 1000).TryGet(out value, out problem);
        return (value, read ? null : problem);
    }
}

using KvStore.Http;

namespace KvStore.Specs.Http;

public sealed class EdgeOptionsSpecs
{
    [Fact]
    public void The_defaults_are_valid() => Assert.Empty(new EdgeOptions().Faults());

    [Fact]
    public void Every_wrong_setting_is_named_at_once()
    {
        var faults = new EdgeOptions
        {
            RequestTimeout = TimeSpan.FromMilliseconds(99),
            MaxValueBytes = 0,
            MaxJsonDepth = 1_001,
            MaxListLimit = 10_000_001,
        }.Faults();

        Assert.Collection(
            faults,
            fault => Assert.StartsWith("KvStore:Limits:RequestTimeout is 00:00:00.099", fault, StringComparison.Ordinal),
            fault => Assert.Equal("KvStore:Limits:MaxValueBytes is 0, and must be from 1 to 16777216.", fault),
            fault => Assert.Equal("KvStore:Limits:MaxJsonDepth is 1001, and must be from 1 to 1000.", fault),
            fault => Assert.Equal("KvStore:Limits:MaxListLimit is 10000001, and must be from 1 to 10000000.", fault));
    }
}

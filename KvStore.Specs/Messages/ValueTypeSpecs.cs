using System.Text;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Messages;

public sealed class KeyVersionSpecs
{
    [Fact]
    public void The_next_version_is_one_more()
    {
        Assert.Equal(new KeyVersion(1), KeyVersion.None.Next);
        Assert.Equal(new KeyVersion(long.MaxValue), new KeyVersion(long.MaxValue - 1).Next);
    }

    [Fact]
    public void A_version_never_wraps_around() => Assert.Throws<OverflowException>(() => new KeyVersion(long.MaxValue).Next);

    [Fact]
    public void Versions_are_ordered_and_shown_as_numbers()
    {
        Assert.True(new KeyVersion(9).CompareTo(new KeyVersion(10)) < 0);
        Assert.Equal("9223372036854775807", new KeyVersion(long.MaxValue).ToString());
    }
}

public sealed class JsonTextSpecs
{
    [Fact]
    public void Texts_of_the_same_bytes_are_equal_wherever_they_lie_in_memory()
    {
        var whole = Encoding.UTF8.GetBytes("""[{"a":1}]""");
        var part = new JsonText(whole.AsMemory(1, 7));

        Assert.Equal(JsonText.Of("""{"a":1}"""), part);
        Assert.Equal(JsonText.Of("""{"a":1}""").GetHashCode(), part.GetHashCode());
        Assert.Equal(7, part.Length);
        Assert.Equal("""{"a":1}""", part.ToString());
    }

    [Theory]
    [InlineData("1", "1.0")]
    [InlineData("""{"a":1}""", """{"a": 1}""")]
    [InlineData("\"a\"", "\"\\u0061\"")]
    public void Texts_of_one_meaning_but_other_bytes_differ(string left, string right) =>
        Assert.NotEqual(JsonText.Of(left), JsonText.Of(right));

    [Fact]
    public void The_bytes_are_not_copied()
    {
        var utf8 = "true"u8.ToArray();
        Assert.True(new JsonText(utf8).Utf8.Span.Overlaps(utf8));
    }
}

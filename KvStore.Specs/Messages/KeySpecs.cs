using System.Text;
using CsCheck;
using KvStore.Messages.Keys;

namespace KvStore.Specs.Messages;

public sealed class KeySpecs
{
    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("/")]
    [InlineData("//")]
    [InlineData("a/b")]
    [InlineData("a/")]
    [InlineData("...")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a/.../b")]
    [InlineData("%2F")]
    [InlineData("a#b?c&d=e")]
    [InlineData("\u0080")]
    [InlineData("\uFEFF")]
    [InlineData("\uFFFD")]
    [InlineData("\uFFFF")]
    [InlineData("e\u0301")]
    [InlineData("\U0001F511")]
    [InlineData("3Enh2biv)i")]
    public void Text_that_breaks_no_rule_is_a_key_as_it_stands(string text)
    {
        Assert.True(Key.TryCreate(text, out var key, out var fault), fault);
        Assert.Equal(text, key.Text);
        Assert.Equal(text, key.ToString());
    }

    [Theory]
    [InlineData("", "at least one byte")]
    [InlineData("\0", "U+0000")]
    [InlineData("a\u001Fb", "U+001F")]
    [InlineData("a\u007Fb", "U+007F")]
    [InlineData("a\nb", "U+000A")]
    [InlineData(".", "segment")]
    [InlineData("..", "segment")]
    [InlineData("./a", "segment")]
    [InlineData("a/..", "segment")]
    [InlineData("a/./b", "segment")]
    [InlineData("a/../b", "segment")]
    public void Text_that_breaks_a_rule_is_no_key_and_the_fault_says_why(string text, string why)
    {
        Assert.False(Key.TryCreate(text, out var key, out var fault));
        Assert.Null(key);
        Assert.Contains(why, fault, StringComparison.Ordinal);
        Assert.Contains(why, Assert.Throws<FormatException>(() => Key.Parse(text)).Message, StringComparison.Ordinal);
    }

    // Not inline data: a test's name travels as UTF-8, which these have no form in.
    [Fact]
    public void Half_of_a_surrogate_pair_is_no_key()
    {
        foreach (var text in new[] { "\uD800", "a\uDC00", "\uDC00\uD800", "\uD83D/", "ab\uD83D" })
        {
            Assert.False(Key.TryCreate(text, out _, out var fault));
            Assert.Contains("surrogate", fault, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a", 512, "")]
    [InlineData("\u00E9", 256, "")]
    [InlineData("\u20AC", 170, "ab")]
    [InlineData("\U0001F511", 128, "")]
    public void A_key_has_at_most_512_bytes_of_UTF_8(string letter, int count, string rest)
    {
        var longest = string.Concat(Enumerable.Repeat(letter, count)) + rest;
        Assert.Equal(512, Encoding.UTF8.GetByteCount(longest));
        Assert.True(Key.TryCreate(longest, out _, out _));

        Assert.False(Key.TryCreate(longest + "a", out _, out var fault));
        Assert.Contains("512", fault, StringComparison.Ordinal);
        Assert.Contains("513", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_far_too_long_is_refused_and_not_an_error() =>
        Assert.False(Key.TryCreate(new string('\u20AC', 1_000_000), out _, out _));

    [Fact]
    public void The_rules_hold_for_any_text() => Gen.OneOf(KeyGen.Text, Gen.String).Sample(
        text => Assert.Equal(BreaksNoRule(text), Key.TryCreate(text, out _, out _)), iter: 20_000);

    [Fact]
    public void Keys_are_ordered_by_their_UTF_8_bytes() => Gen.Select(Texts, Texts).Sample(
        (left, right) => Assert.Equal(
            Math.Sign(Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right))),
            Math.Sign(Key.CompareUtf8(left, right))),
        iter: 50_000);

    [Fact]
    public void Comparing_and_equality_agree() => Gen.Select(KeyGen.Key, KeyGen.Key).Sample((left, right) =>
    {
        Assert.Equal(left.CompareTo(right) == 0, left.Equals(right));
        Assert.Equal(-Math.Sign(right.CompareTo(left)), Math.Sign(left.CompareTo(right)));
        Assert.True(left.CompareTo(null) > 0);
    });

    [Fact]
    public void Keys_of_one_text_are_equal_and_have_one_hash() => KeyGen.Key.Sample(key =>
    {
        var twin = Key.Parse(new string(key.Text.AsSpan()));
        Assert.True(key.Equals(twin) && key.Equals((object)twin));
        Assert.Equal(key.GetHashCode(), twin.GetHashCode());
        Assert.Equal(key.EntityId, twin.EntityId);
    });

    [Fact]
    public void Keys_are_not_normalised() => Assert.NotEqual(Key.Parse("\u00E9"), Key.Parse("e\u0301"));

    private static Gen<string> Texts => Gen.OneOf(KeyGen.AlikeText, KeyGen.Text);

    private static bool BreaksNoRule(string text)
    {
        byte[] utf8;
        try
        {
            utf8 = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return false;
        }

        return utf8.Length is >= 1 and <= 512 && !utf8.Any(b => b is < 0x20 or 0x7F) && !text.Split('/').Any(s => s is "." or "..");
    }
}

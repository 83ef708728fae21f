using CsCheck;
using KvStore.Http.Requests;

namespace KvStore.Specs.Http.Requests;

public sealed class PercentDecoderSpecs
{
    [Theory]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%2fb", "a/b")]
    [InlineData("a%252Fb", "a%2Fb")]
    [InlineData("a+b", "a+b")]
    [InlineData("%2B", "+")]
    [InlineData("%F0%9F%98%80", "😀")]
    [InlineData("caf%C3%A9", "café")]
    [InlineData("{\"a\"}|^", "{\"a\"}|^")]
    [InlineData("%00", "\0")]
    public void A_path_is_decoded_once(string encoded, string expected) => Assert.Equal(expected, Decode(encoded, plusIsSpace: false));

    [Theory]
    [InlineData("a+b%20c%2B", "a b c+")]
    [InlineData("+", " ")]
    public void A_plus_in_a_query_is_a_space(string encoded, string expected) => Assert.Equal(expected, Decode(encoded, plusIsSpace: true));

    [Theory]
    [InlineData("%")]
    [InlineData("a%2")]
    [InlineData("%zz")]
    [InlineData("%2g")]
    [InlineData("%+1")]
    [InlineData("%C3")]
    [InlineData("%C3%28")]
    [InlineData("%C0%AF")]
    [InlineData("%ED%A0%80")]
    [InlineData("%F4%90%80%80")]
    [InlineData("%FF")]
    [InlineData("é")]
    public void What_is_no_text_is_refused(string encoded)
    {
        Assert.False(PercentDecoder.TryDecode(encoded, plusIsSpace: false, out _, out var fault));
        Assert.NotEmpty(fault);
    }

    [Fact]
    public void Whatever_a_client_escapes_comes_back() =>
        Gen.String.Where(text => !text.Any(char.IsSurrogate)).Sample(text =>
        {
            var encoded = Uri.EscapeDataString(text);
            return Decode(encoded, plusIsSpace: false) == text && Decode(encoded, plusIsSpace: true) == text;
        });

    [Fact]
    public void Longer_text_than_fits_the_stack_is_decoded_too()
    {
        var text = new string('ü', 2_000);
        Assert.Equal(text, Decode(Uri.EscapeDataString(text), plusIsSpace: false));
    }

    private static string? Decode(string encoded, bool plusIsSpace)
    {
        Assert.True(PercentDecoder.TryDecode(encoded, plusIsSpace, out var text, out var fault), fault);
        return text;
    }
}

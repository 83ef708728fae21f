using System.Buffers;
using System.Text;
using System.Text.Json;
using KvStore.Messages.Keys;

namespace KvStore.Node.Keys;

/// <summary>
/// The original's PATCH: an object onto an object replaces top-level members, each whole; a null member is stored as null.
/// Any other pair, or an absent key, takes the delta as it is. Members that are not touched keep their bytes and their place;
/// new ones come behind. Of members with one name in an object the last counts.
/// </summary>
public static class ShallowMerge
{
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = Limits.MaxConfigurableJsonDepth + 1 };

    public static JsonText Apply(JsonText? target, JsonText delta)
    {
        if (target is not { } value || !IsObject(value) || !IsObject(delta))
        {
            return delta;
        }

        var members = new OrderedDictionary<string, Member>();
        ReadInto(members, value.Utf8);
        ReadInto(members, delta.Utf8);
        return Write(members, value.Length + delta.Length);
    }

    private static bool IsObject(JsonText json) => json.Length > 0 && json.Utf8.Span[0] == (byte)'{';

    private static void ReadInto(OrderedDictionary<string, Member> members, ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, AnyDepth);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = json[(int)reader.TokenStartIndex..][..(reader.ValueSpan.Length + 2)];
            var unescaped = NameOf(ref reader);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            members[unescaped] = new Member(name, json[start..(int)reader.BytesConsumed]);
        }
    }

    /// <summary>
    /// The name as it is compared. An escape may name half of a surrogate pair, which is legal JSON but no text that the
    /// reader would give out; a string of UTF-16 can hold it all the same.
    /// </summary>
    private static string NameOf(ref Utf8JsonReader reader)
    {
        var raw = reader.ValueSpan;
        if (!reader.ValueIsEscaped)
        {
            return Encoding.UTF8.GetString(raw);
        }

        var name = new StringBuilder(raw.Length);
        while (raw.IndexOf((byte)'\\') is >= 0 and var at)
        {
            name.Append(Encoding.UTF8.GetString(raw[..at]));
            var escape = (char)raw[at + 1];
            var isCodeUnit = escape == 'u';
            name.Append(escape switch
            {
                'u' => (char)Convert.ToUInt16(Encoding.ASCII.GetString(raw.Slice(at + 2, 4)), 16),
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                _ => escape,
            });
            raw = raw[(at + (isCodeUnit ? 6 : 2))..];
        }

        return name.Append(Encoding.UTF8.GetString(raw)).ToString();
    }

    private static JsonText Write(OrderedDictionary<string, Member> members, int atMost)
    {
        var json = new ArrayBufferWriter<byte>(atMost);
        json.Write("{"u8);
        var separator = ""u8;
        foreach (var (name, value) in members.Values)
        {
            json.Write(separator);
            json.Write(name.Span);
            json.Write(":"u8);
            json.Write(value.Span);
            separator = ","u8;
        }

        json.Write("}"u8);
        return new JsonText(json.WrittenMemory);
    }

    private readonly record struct Member(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value);
}

using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace KvStore.Messages.Routing;

/// <summary>
/// Turns a key into the name of its actor. Akka escapes an entity id into a path element, lets <c>.</c> and <c>..</c> through,
/// does not bound its length, and carries the path in every remote reply; so the name is
/// <list type="bullet">
/// <item>the key itself where it is short and plain: <c>user-17</c> stays <c>user-17</c>, which operators can read;</item>
/// <item>else a dot and the base64url form of its SHA-256, 44 characters; no plain name begins with a dot.</item>
/// </list>
/// The actor keeps the key of its first message and refuses any other, so even a collision of SHA-256 could not mix two keys.
/// </summary>
public static class EntityIds
{
    private const int MaxPlainLength = 44;

    private static readonly SearchValues<char> PlainChars =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    public static string Of(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (key.Length is > 0 and <= MaxPlainLength && key[0] != '.' && !key.AsSpan().ContainsAnyExcept(PlainChars))
        {
            return key;
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), digest);
        return "." + Base64Url.EncodeToString(digest);
    }
}

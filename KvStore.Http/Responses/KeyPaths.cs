using System.Buffers;
using KvStore.Http.Requests;
using KvStore.Messages.Keys;

namespace KvStore.Http.Responses;

/// <summary>The path of a key's resource, as a header may carry it.</summary>
internal static class KeyPaths
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@!$&'()*+,;=");

    public static string Of(Key key) =>
        $"{RequestTarget.BasePath}/{(key.Text.AsSpan().ContainsAnyExcept(Plain) ? Escape(key.Text) : key.Text)}";

    private static string Escape(string text) => string.Join('/', text.Split('/').Select(Uri.EscapeDataString));
}

using System.Collections.Frozen;
using KvStore.Messages.Protocol;

namespace KvStore.Http.Requests;

/// <summary>Which media type of a PATCH means which kind of patch.</summary>
internal static class PatchMediaTypes
{
    /// <summary>The answer to "what do you take", as OPTIONS and 415 give it.</summary>
    public const string AcceptPatch = "application/json";

    private const string JsonSuffix = "+json";

    /// <summary>Null stands for a patch format that has a name of its own, and so must not be taken for a plain JSON delta.</summary>
    private static readonly FrozenDictionary<string, PatchKind?> Kinds = new Dictionary<string, PatchKind?>
    {
        [""] = PatchKind.ShallowMerge,
        ["application/json"] = PatchKind.ShallowMerge,
        ["application/x-www-form-urlencoded"] = PatchKind.ShallowMerge, // what curl -d says of everything
        ["application/merge-patch+json"] = null,
        ["application/json-patch+json"] = null,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <param name="mediaType">Without parameters; empty where the request names none.</param>
    /// <returns>Null where no patch is read from that type.</returns>
    public static PatchKind? KindOf(string mediaType) =>
        Kinds.TryGetValue(mediaType, out var kind) ? kind
        : mediaType.EndsWith(JsonSuffix, StringComparison.OrdinalIgnoreCase) ? PatchKind.ShallowMerge
        : null;
}

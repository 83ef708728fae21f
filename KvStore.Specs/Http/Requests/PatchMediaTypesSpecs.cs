using KvStore.Http.Requests;
using KvStore.Messages.Protocol;

namespace KvStore.Specs.Http.Requests;

public sealed class PatchMediaTypesSpecs
{
    [Theory]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("Application/JSON")]
    [InlineData("application/vnd.thing+json")]
    [InlineData("application/x-www-form-urlencoded")]
    public void Plain_json_is_a_shallow_merge(string mediaType) => Assert.Equal(PatchKind.ShallowMerge, PatchMediaTypes.KindOf(mediaType));

    [Theory]
    [InlineData("application/merge-patch+json")]
    [InlineData("application/json-patch+JSON")]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    public void Other_formats_are_never_taken_for_one(string mediaType) => Assert.Null(PatchMediaTypes.KindOf(mediaType));
}

using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using KvStore.Bench.Support;

namespace KvStore.Bench.Peers;

/// <summary>One build of the node and the settings that it is started with.</summary>
/// <param name="Label">What tells it from the other one in tables; empty where there is no other one.</param>
/// <param name="Program">A <c>KvStore.Node.dll</c>.</param>
/// <param name="Settings">By the names of environment variables; they win over those of the bench.</param>
internal sealed record NodeBuild(string Label, string Program, ImmutableDictionary<string, string> Settings)
{
    /// <summary>The one that was built with this program and lies beside it.</summary>
    public static string OwnProgram => ProgramAt(AppContext.BaseDirectory);

    /// <param name="path">The program, or the directory that it was published into.</param>
    public static string ProgramAt(string path) => Path.GetFullPath(Directory.Exists(path) ? Path.Combine(path, "KvStore.Node.dll") : path);

    /// <summary>What the build says about itself: a figure of an unoptimised build is no figure.</summary>
    /// <exception cref="BenchException">It is no program.</exception>
    public string Describe()
    {
        using var file = new PEReader(File.OpenRead(Program));
        MetadataReader metadata;
        try
        {
            metadata = file.GetMetadataReader();
        }
        catch (Exception fault) when (fault is BadImageFormatException or InvalidOperationException)
        {
            throw new BenchException($"'{Program}' is no KvStore.Node.dll: {fault.Message}", fault);
        }

        var configuration = Attribute(metadata, "AssemblyConfigurationAttribute");
        var version = Attribute(metadata, "AssemblyInformationalVersionAttribute");
        var isReadyToRun = file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        return $"{version} {configuration}{(isReadyToRun ? ", ReadyToRun" : "")}{(configuration == "Release" ? "" : " (NOT OPTIMISED)")}"
            + string.Concat(Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).Select(setting => $", {setting.Key}={setting.Value}"));
    }

    private static string Attribute(MetadataReader metadata, string name)
    {
        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (attribute.Constructor.Kind == HandleKind.MemberReference
                && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } parent
                && metadata.StringComparer.Equals(metadata.GetTypeReference((TypeReferenceHandle)parent).Name, name))
            {
                var value = metadata.GetBlobReader(attribute.Value);
                value.ReadUInt16();
                return value.ReadSerializedString() ?? "";
            }
        }

        return "";
    }
}

# Compiles core into $BUILD, and http and the programs of the lab beside it, as Maven does but without its checks. The
# latter two are sealed, so they are the same in all trees of a round: the first build leaves them for the others.
# Jars come from the local Maven repository, where ./gyre test has left them.
set -eu
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}
jars=$(find "$repository/org/jctools" "$repository/org/jspecify" "$repository/io/netty" \
  "$repository/org/jetbrains" -name '*.jar' | tr '\n' ':')
printf '%s' "$jars" > "$BUILD/jars"

# Sources in $1, classes into $2, with the class path $3.
compile() {
  find "$1/src/main/java" -name '*.java' ! -name module-info.java | sort > "$2.sources"
  "$JAVA_HOME/bin/javac" -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -nowarn -proc:none -g \
    -d "$2" -cp "$3" @"$2.sources"
  if [ -d "$1/src/main/resources" ]; then
    cp -r "$1/src/main/resources/." "$2/"
  fi
}

compile core "$BUILD/core" "$jars"
shared=$BUILD/../shared
if [ ! -d "$shared" ]; then
  rm -rf "$shared.new"
  mkdir "$shared.new"
  compile http "$shared.new/http" "$BUILD/core:$jars"
  compile lab/peers/java "$shared.new/java" "$shared.new/http:$BUILD/core:$jars"
  mv "$shared.new" "$shared"
fi
for part in http java; do
  [ -d "$BUILD/$part" ] || ln -s "../shared/$part" "$BUILD/$part"
done
